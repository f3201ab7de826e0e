// What every TLS connection of one configuration shares: trust, identity, sessions.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/net/settings.hpp>

namespace weir::inline v0::net {

template <auto Free>
class openssl_delete {
public:
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, openssl_delete<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, openssl_delete<SSL_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, openssl_delete<SSL_SESSION_free>>;

/// The peer of a connection, as far as TLS is concerned.
class tls_peer {
public:
  tls_peer() = default;
  tls_peer(std::string h, std::uint16_t p) : host(std::move(h)), port(p) {}
  std::string host; ///< A name or an IP literal, without brackets.
  std::uint16_t port = 0;
  std::string via;                              ///< proxy::text() or a Unix socket's path; empty if direct.
  std::vector<std::string> alpn = {"http/1.1"}; ///< What is offered, best first.

  /// The host as it is verified and sent in SNI: without a final dot.
  std::string name() const;
  /// Everything that a resumed session must have in common with the connection that
  /// it came from, beyond the context's own settings: a resumption verifies nothing.
  std::string session_key() const;
};

/// Sessions to resume, by tls_peer::session_key(). Bounded: the key that was stored to least recently is evicted first.
/// A session is handed out once as long as there is another (RFC 8446, C.4), and for at most an hour after a
/// certificate was verified.
/// Thread safety: safe.
class tls_sessions {
public:
  static constexpr std::size_t max_keys = 256;
  static constexpr std::size_t max_per_key = 8;
  static constexpr auto max_age = std::chrono::hours(1);

  class entry {
  public:
    entry() = default;
    entry(ssl_session_ptr s, time_point t) : session(std::move(s)), verified(t) {}
    ssl_session_ptr session;
    time_point verified{}; ///< When the certificate behind it was last verified.
  };

  void store(const std::string& key, entry e);
  /// Without a session if there is none to resume.
  entry take(const std::string& key, time_point now);
  std::size_t size() const;

private:
  class host {
  public:
    host() = default;
    std::deque<entry> entries;
    std::uint64_t stored = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::string, host> hosts_;
  std::uint64_t stores_ = 0;
};

/// An SSL_CTX made from settings, and the sessions of its connections. Rebuilt when the settings or their files change:
/// sessions never outlive what they were verified with.
/// Object lifetimes: shared by the streams made with it. Thread safety: safe.
class tls_context {
public:
  /// \throws weir::error errc::invalid_configuration, naming the file that cannot be used.
  explicit tls_context(tls_settings settings);

  /// The one that others in the process have made of the same settings and files, or else a new one: certificates are
  /// read once, and each resumes the sessions of all.
  /// \throws weir::error as the constructor.
  static std::shared_ptr<tls_context> of(const tls_settings& settings);

  SSL_CTX* native() noexcept {
    read_trust();
    return ctx_.get();
  }
  /// Reads the system's certificates, which takes tens of milliseconds, if they are trusted and not read yet: before
  /// the first connection if not now.
  void read_trust() noexcept;
  const tls_settings& settings() const noexcept { return settings_; }
  /// Whether sessions are resumed: not with a client certificate, whose change a resumption
  /// would hide.
  bool resumes() const noexcept { return settings_.client_cert().empty(); }
  tls_sessions& sessions() noexcept { return sessions_; }

private:
  tls_settings settings_;
  ssl_ctx_ptr ctx_;
  std::once_flag trust_read_;
  tls_sessions sessions_;
};

/// The newest entry of OpenSSL's error queue as text; the queue is then cleared.
std::string take_openssl_error();

} // namespace weir::inline v0::net
