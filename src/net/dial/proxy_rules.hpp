// Which proxy an origin goes through: pure decisions over settings and environment.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/secret.hpp>
#include <weir/net/settings.hpp>

namespace weir::inline v0::net {

class proxy {
public:
  proxy() = default;
  bool tls = false;
  std::string host; ///< Lower case, without brackets.
  std::uint16_t port = 0;
  secret basic; ///< The credentials of Proxy-Authorization: Basic, encoded. May be empty.

  /// `http://host:port`, without credentials.
  std::string text() const;
};

/// Reads a proxy's URL as described at proxy_settings::through().
/// \throws weir::error errc::invalid_configuration naming `source`, never quoting the URL.
proxy parse_proxy(std::string_view url, std::string_view source);

/// The names that bypass a proxy: a list separated by commas or spaces of
/// `*` (all), names (`example.com` and `.example.com` alike match the name and all below it), IP
/// literals and networks (`10.0.0.0/8`, `fd00::/8`), each but the last with an optional `:port`.
class bypass_list {
public:
  bypass_list() = default;
  explicit bypass_list(std::string_view list);
  bool matches(std::string_view host, std::uint16_t port) const;

private:
  std::vector<std::string> entries_;
};

/// `localhost`, names below it, and loopback addresses.
bool is_loopback(std::string_view host);

class proxy_rules {
public:
  /// The value of an environment variable, or null.
  using environment = std::function<const char*(const char* name)>;

  /// Reads the environment once, here, if the settings ask for it.
  proxy_rules(const proxy_settings& settings, const environment& env);
  /// Over getenv().
  explicit proxy_rules(const proxy_settings& settings);

  /// The proxy for an origin, or none.
  /// \throws weir::error errc::invalid_configuration if the variable that counts cannot be used.
  std::optional<proxy> choose(const origin& to) const;

private:
  class rule {
  public:
    rule() = default;
    std::optional<proxy> use;
    std::optional<failure> problem;
  };
  static rule read(const environment& env, std::initializer_list<const char*> names);

  bool given_ = false;
  rule https_;
  rule http_;
  bypass_list bypass_;
};

} // namespace weir::inline v0::net
