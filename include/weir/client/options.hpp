// How a client is set up: credentials, where to, limits in time and number, trust.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/secret.hpp>
#include <weir/core/time.hpp>
#include <weir/policy/handler.hpp>

namespace weir {

namespace net {
class connector;
}

/// The keys that a client may use, by whom they are for.
class credentials {
public:
  credentials() = default;

  /// Reads HF_TOKEN (then HUGGING_FACE_HUB_TOKEN, the file HF_TOKEN_PATH, `$HF_HOME/token`,
  /// `~/.cache/huggingface/token`) and each vendor's own variables. Empty means unset.
  /// `get` reads a variable; the default is the process's environment.
  /// \throws weir::error errc::malformed_key naming the variable, never the key.
  static credentials from_environment(const std::function<const char*(const char*)>& get = {});

  /// The Hugging Face token, for the router, the Hub and dedicated endpoints.
  credentials& hugging_face(secret key) { hugging_face_ = std::move(key); return *this; }
  /// A vendor's own key: calls go to the vendor directly.
  credentials& vendor(std::string id, secret key) { vendors_[std::move(id)] = std::move(key); return *this; }
  /// A key for every call, whoever it goes to: an `hf_` key is routed, any other goes direct.
  credentials& every(secret key) { every_ = std::move(key); return *this; }

  /// A further key under a name of its own, for targets and key pools that ask for it by name.
  credentials& named(std::string name, secret key) { named_[std::move(name)] = std::move(key); return *this; }

  const secret& hugging_face() const noexcept { return hugging_face_; }
  const secret& every() const noexcept { return every_; }
  /// The vendor's own key; empty if there is none.
  const secret& vendor(std::string_view id) const noexcept;
  /// \throws weir::error errc::missing_key if there is no key of that name.
  const secret& named(std::string_view name) const;
  bool has(std::string_view name) const noexcept { return named_.contains(name); }
  /// Ids of the vendors that have a key of their own.
  std::vector<std::string> vendors() const;

private:
  secret hugging_face_;
  secret every_;
  std::map<std::string, secret, std::less<>> vendors_;
  std::map<std::string, secret, std::less<>> named_;
};

/// The options of a client. Every duration is a limit; zero switches it off, except for
/// the total deadline of a call, which then is the ambient one alone.
///
///     weir::client client(weir::from_environment().provider("groq").deadline(30s));
class options {
public:
  options() = default;

#define WEIR_OPTION(type, name)                                                                  \
  options&& name(type v) && { name##_ = std::move(v); return std::move(*this); }                 \
  options& name(type v) & { name##_ = std::move(v); return *this; }                              \
  const type& name() const noexcept { return name##_; }
  /// "auto" (the Hugging Face router chooses), a vendor's id, "openai", or "tgi".
  WEIR_OPTION(std::string, provider)
  /// The model of requests that name none.
  WEIR_OPTION(std::string, model)
  /// A dedicated endpoint or any compatible server; then `provider` only picks the dialect.
  WEIR_OPTION(std::string, base_url)
  WEIR_OPTION(weir::credentials, credentials)
  /// The organisation that pays (`X-HF-Bill-To`); Hugging Face only.
  WEIR_OPTION(std::string, bill_to)

  /// From the call to its last byte. Default: 10 minutes.
  WEIR_OPTION(duration, deadline)
  /// From sending to the first token. Default: 2 minutes.
  WEIR_OPTION(duration, first_token)
  /// Between two tokens, while they are waited for. Default: 1 minute.
  WEIR_OPTION(duration, gap)
  /// Resolving, connecting, proxy and TLS together. Default: 10 s.
  WEIR_OPTION(duration, connect)

  /// PEM file of the certificate authorities to trust instead of the system's.
  WEIR_OPTION(std::string, ca_file)
  /// PEM files of a client certificate and its key, for mutual TLS.
  WEIR_OPTION(std::string, client_certificate)
  WEIR_OPTION(std::string, client_key)
  /// `http://[user:password@]host:port`; empty: from HTTPS_PROXY and its kin; "none": no proxy.
  WEIR_OPTION(std::string, proxy)
  /// A Unix socket to connect to instead of any host; for local servers and sidecars.
  WEIR_OPTION(std::string, unix_socket)

  /// Connections per origin, at most. A stream holds one. Default: 1024.
  WEIR_OPTION(std::size_t, max_connections)
  /// Calls that may wait for one, per origin; more fail with errc::pool_exhausted. Default: 1024.
  WEIR_OPTION(std::size_t, max_waiting)
  /// How long an unused connection is kept. Default: 30 s.
  WEIR_OPTION(duration, idle)
  /// How the network is reached; nullptr: the real one. For tests.
  WEIR_OPTION(std::shared_ptr<net::connector>, connector)
#undef WEIR_OPTION

  /// A further header of every request. Not for keys.
  options&& header(std::string name, std::string value) && { headers_.emplace_back(std::move(name), std::move(value)); return std::move(*this); }
  options& header(std::string name, std::string value) & { headers_.emplace_back(std::move(name), std::move(value)); return *this; }
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }

  /// A policy of your own, outside all of weir's; the first one added is the outermost.
  options&& layer(weir::layer l) && { layers_.push_back(std::move(l)); return std::move(*this); }
  options& layer(weir::layer l) & { layers_.push_back(std::move(l)); return *this; }
  const std::vector<weir::layer>& layers() const noexcept { return layers_; }

private:
  std::string provider_ = "auto";
  std::string model_, base_url_, bill_to_, ca_file_, client_certificate_, client_key_, proxy_, unix_socket_;
  weir::credentials credentials_;
  duration deadline_ = std::chrono::minutes(10);
  duration first_token_ = std::chrono::minutes(2);
  duration gap_ = std::chrono::minutes(1);
  duration connect_ = std::chrono::seconds(10);
  std::size_t max_connections_ = 1024;
  std::size_t max_waiting_ = 1024;
  duration idle_ = std::chrono::seconds(30);
  std::shared_ptr<net::connector> connector_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<weir::layer> layers_;
};

/// Options with the credentials of the environment.
/// \throws weir::error errc::malformed_key.
options from_environment();

} // namespace weir
