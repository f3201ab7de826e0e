// Certificates created at start: an authority of the simulation's own, and invalid ones.
#pragma once

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace weir::inline v0::sim {

enum class certificate { good, expired, wrong_host, self_signed, unknown_ca };

/// A server's certificate, key and TLS settings.
/// Thread safety: shared objects are safe to use, but not to destroy.
class tls_identity {
public:
  explicit tls_identity(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
  ssl_ctx_st* context() const noexcept { return context_.get(); }

private:
  std::shared_ptr<ssl_ctx_st> context_;
};

/// A certificate authority that lives as long as this object. Its certificates are for 127.0.0.1, ::1 and localhost,
/// unless they are meant to be invalid.
class authority {
public:
  /// \throws weir::error errc::tls_failed if OpenSSL cannot generate keys.
  authority();
  ~authority();
  authority(const authority&) = delete;
  authority& operator=(const authority&) = delete;

  /// The authority's certificate, for clients to trust.
  const std::string& pem() const noexcept { return pem_; }
  tls_identity issue(certificate) const;

private:
  class keys;
  std::unique_ptr<keys> keys_;
  std::string pem_;
};

} // namespace weir::inline v0::sim
