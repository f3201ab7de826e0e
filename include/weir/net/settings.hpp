// How connections are made: certificates, proxies, limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/secret.hpp>
#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>
#include <weir/net/stream.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE
namespace net {

enum class tls_version { v1_2, v1_3 };

/// What TLS trusts and presents. Verification cannot be turned off: for a private server give its CA.
class tls_settings {
public:
  tls_settings() = default;

  /// A PEM file of trusted certificates. Empty: the system's, as OpenSSL finds them (SSL_CERT_FILE and SSL_CERT_DIR
  /// included); otherwise it replaces them.
  const std::string& ca_file() const noexcept { return ca_file_; }
  /// A PEM file with the client's certificate, followed by its intermediates. Empty: none.
  const std::string& client_cert() const noexcept { return client_cert_; }
  /// The PEM file of its private key, without a passphrase. Empty: in client_cert() too.
  const std::string& client_key() const noexcept { return client_key_; }
  tls_version min_version() const noexcept { return min_version_; }

  WEIR_SETTER(tls_settings, std::string, ca_file, ca_file_ = std::move(v))
  WEIR_SETTER(tls_settings, std::string, client_cert, client_cert_ = std::move(v))
  WEIR_SETTER(tls_settings, std::string, client_key, client_key_ = std::move(v))
  WEIR_SETTER(tls_settings, tls_version, min_version, min_version_ = v)

  friend bool operator==(const tls_settings&, const tls_settings&) = default;

private:
  std::string ca_file_;
  std::string client_cert_;
  std::string client_key_;
  tls_version min_version_ = tls_version::v1_2;
};

/// Which proxy to use. By default the environment decides, read when the connector is made, the way curl reads it:
/// https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY (not in a CGI program, where REQUEST_METHOD is set), then
/// all_proxy, ALL_PROXY; the first that is set counts, even if it is empty. no_proxy or NO_PROXY names the exceptions;
/// loopback origins are always exceptions.
///
/// For https origins the proxy receives CONNECT, so it sees no request. Requests to http origins it reads and forwards,
/// since many proxies deny CONNECT to ports other than 443; a key is sent that way only through a proxy on this
/// machine.
class proxy_settings {
public:
  /// As the environment says.
  proxy_settings() = default;
  static proxy_settings none();
  /// `[http://|https://][user:password@]host[:port]`, for every origin, loopback included; the environment is not read.
  /// The port is 1080 unless given, 443 for https. In the user and password write `@`, `:`, `/`, `?`, `#` and `%` as
  /// %40, %3A, %2F, %3F, %23 and %25.
  /// \throws weir::error errc::invalid_configuration; the text never quotes the URL.
  static proxy_settings through(std::string_view url);

  bool from_environment() const noexcept { return from_environment_; }
  /// Empty unless through() was used.
  const secret& url() const noexcept { return url_; }

private:
  bool from_environment_ = true;
  secret url_;
};

/// How a connector makes connections.
class connect_settings {
public:
  connect_settings() = default;

  const tls_settings& tls() const noexcept { return tls_; }
  const proxy_settings& proxy() const noexcept { return proxy_; }
  /// The limit for resolving, connecting, the proxy and the handshake together; then errc::connect_timeout.
  duration limit() const noexcept { return limit_; }
  /// How long a resolved name is cached.
  duration name_lifetime() const noexcept { return name_lifetime_; }
  /// Unix socket paths by origin::text(): these origins are reached there, not by name.
  const std::map<std::string, std::string>& unix_sockets() const noexcept { return unix_sockets_; }

  /// Whether HTTP/2 is offered to https origins, beside HTTP/1.1: stream::alpn() tells what the server has chosen.
  bool http2() const noexcept { return http2_; }

  /// The origins (origin::text()) to which the client certificate of tls() is presented; it needs at least one. A proxy
  /// is one of them if it is named as `https://host[:port]`.
  const std::set<std::string>& identities() const noexcept { return identities_; }

  WEIR_SETTER(connect_settings, tls_settings, tls, tls_ = std::move(v))
  WEIR_SETTER(connect_settings, proxy_settings, proxy, proxy_ = std::move(v))
  WEIR_SETTER(connect_settings, duration, limit, limit_ = v)
  WEIR_SETTER(connect_settings, duration, name_lifetime, name_lifetime_ = v)
  WEIR_SETTER(connect_settings, bool, http2, http2_ = v)
  connect_settings&& unix_socket(const origin& to, std::string path) && {
    return std::move(unix_socket(to, std::move(path)));
  }
  connect_settings& unix_socket(const origin& to, std::string path) & {
    unix_sockets_[to.text()] = std::move(path);
    return *this;
  }

  connect_settings&& identify_to(const origin& to) && { return std::move(identify_to(to)); }
  connect_settings& identify_to(const origin& to) & {
    identities_.insert(to.text());
    return *this;
  }

private:
  tls_settings tls_;
  proxy_settings proxy_;
  duration limit_ = std::chrono::seconds(10);
  duration name_lifetime_ = std::chrono::seconds(30);
  std::map<std::string, std::string> unix_sockets_;
  std::set<std::string> identities_;
  bool http2_ = false;
};

/// How many connections are kept and for how long.
class pool_settings {
public:
  pool_settings() = default;

  /// Connections to one origin, in use, idle and being opened. An HTTP/1.1 connection carries one stream at a time, so
  /// this bounds the concurrent streams there.
  std::size_t max_connections() const noexcept { return max_connections_; }
  /// Idle connections kept per origin.
  std::size_t max_idle() const noexcept { return max_idle_; }
  /// Callers that may wait at the cap for a connection to one origin; one more fails with errc::pool_exhausted. Those
  /// whose connection is being opened do not count.
  std::size_t max_waiting() const noexcept { return max_waiting_; }
  /// Connections to one origin that are opened at the same time, at first: each one established raises that by one. In
  /// a burst the later handshakes then resume the TLS sessions of the first few, which costs both sides less.
  std::size_t max_dials() const noexcept { return max_dials_; }
  /// The limit for opening a connection; then errc::connect_timeout. For connectors that have no limit of their own.
  duration connect_limit() const noexcept { return connect_limit_; }
  /// How long a connection may be idle. Less than servers commonly allow (nginx: 75 s, AWS: 60 s), so that this side
  /// closes first.
  duration max_idle_time() const noexcept { return max_idle_time_; }
  /// How old a connection may be when it is reused; bounds how long a change of addresses goes unnoticed.
  duration max_age() const noexcept { return max_age_; }

  WEIR_SETTER(pool_settings, std::size_t, max_connections, max_connections_ = v)
  WEIR_SETTER(pool_settings, std::size_t, max_idle, max_idle_ = v)
  WEIR_SETTER(pool_settings, std::size_t, max_waiting, max_waiting_ = v)
  WEIR_SETTER(pool_settings, std::size_t, max_dials, max_dials_ = v > 0 ? v : 1)
  WEIR_SETTER(pool_settings, duration, connect_limit, connect_limit_ = v)
  WEIR_SETTER(pool_settings, duration, max_idle_time, max_idle_time_ = v)
  WEIR_SETTER(pool_settings, duration, max_age, max_age_ = v)

private:
  std::size_t max_connections_ = 1024;
  std::size_t max_idle_ = 256;
  std::size_t max_waiting_ = 1024;
  std::size_t max_dials_ = 16;
  duration connect_limit_ = std::chrono::minutes(10);
  duration max_idle_time_ = std::chrono::seconds(50);
  duration max_age_ = std::chrono::minutes(10);
};

/// A connector over real sockets. It is not bound to an executor: each connect() uses
/// the one of the awaiting coroutine.
/// Thread safety: none; one strand at a time.
/// \throws weir::error errc::invalid_configuration if a certificate file cannot be used.
std::shared_ptr<connector> make_connector(connect_settings settings = connect_settings());

} // namespace net
WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
