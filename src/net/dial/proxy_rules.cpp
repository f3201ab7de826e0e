#include "net/dial/proxy_rules.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/ascii.hpp"
#include "net/dial/resolver.hpp"

namespace weir::inline v0::net {

namespace {

std::string_view without_brackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    return host.substr(1, host.size() - 2);
  return host;
}

std::string_view without_final_dot(std::string_view host) {
  if (host.size() > 1 && host.back() == '.')
    host.remove_suffix(1);
  return host;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  for (std::size_t i = 0; i < a.size() && bits > 0; ++i) {
    const unsigned here = std::min(bits, 8u);
    if ((a[i] ^ b[i]) >> (8 - here))
      return false;
    bits -= here;
  }
  return true;
}

bool in_network(const boost::asio::ip::address& address, std::string_view network) {
  const auto slash = network.find('/');
  const auto base = ip_literal(without_brackets(network.substr(0, slash)));
  const auto bits = parse_number<unsigned>(network.substr(slash + 1));
  if (!base || !bits || base->is_v6() != address.is_v6() || *bits > (base->is_v6() ? 128u : 32u))
    return false;
  return address.is_v6() ? same_prefix(address.to_v6().to_bytes(), base->to_v6().to_bytes(), *bits)
                         : same_prefix(address.to_v4().to_bytes(), base->to_v4().to_bytes(), *bits);
}

// Cuts a `:port` off, unless the entry is a bare IPv6 literal.
std::optional<std::uint16_t> take_port(std::string_view& entry) {
  const auto colon = entry.rfind(':');
  if (colon == std::string_view::npos || ip_literal(entry))
    return std::nullopt;
  const auto port = parse_number<std::uint16_t>(entry.substr(colon + 1));
  if (port)
    entry = entry.substr(0, colon);
  return port;
}

bool name_matches(std::string_view host, std::string_view entry) {
  if (entry.starts_with("*."))
    entry.remove_prefix(1);
  if (entry.starts_with('.'))
    entry.remove_prefix(1);
  entry = without_final_dot(entry);
  if (entry.empty() || !host.ends_with(entry))
    return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

secret basic_credentials(std::string plain) {
  std::string out(4 * ((plain.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
  out.resize(static_cast<std::size_t>(n));
  secret made{out};
  cleanse(out.data(), out.size());
  cleanse(plain.data(), plain.size());
  return made;
}

// Whether what stands before the last '@' has a character that ends a user or password there.
bool has_bare_delimiter(std::string_view url) {
  const auto begin = url.find("://") + 3;
  const auto at = url.rfind('@');
  return at != std::string_view::npos && at >= begin &&
         url.substr(begin, at - begin).find_first_of("@/?#") != std::string_view::npos;
}

// Cleanses the URL, which may hold a password.
[[noreturn]] void refuse(std::string_view source, std::string_view why, std::string& url) {
  const bool bare = has_bare_delimiter(url);
  cleanse(url.data(), url.size());
  throw error(errc::invalid_configuration,
              std::string(source) + " cannot be used: " + std::string(why) +
                  " (expected http://[user:password@]host[:port])" +
                  (bare ? "; in a user or password write @ as %40, # as %23, / as %2F, ? as %3F and % as %25" : ""));
}

} // namespace

std::string proxy::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return std::string(tls ? "https://" : "http://") + (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

proxy parse_proxy(std::string_view url, std::string_view source) {
  std::string whole = url.find("://") == std::string_view::npos ? "http://" + std::string(url) : std::string(url);
  const auto parsed = boost::urls::parse_uri(whole);
  if (!parsed)
    refuse(source, "it is not a URL", whole);
  const auto scheme = to_lower(std::string_view(parsed->scheme().data(), parsed->scheme().size()));
  proxy out;
  out.tls = scheme == "https";
  if (!out.tls && scheme != "http")
    refuse(source, "only http and https proxies are supported", whole);
  out.host = to_lower(without_brackets(parsed->host()));
  if (out.host.empty())
    refuse(source, "it names no host", whole);
  out.port = out.tls ? 443 : 1080;
  if (parsed->has_port()) {
    // Boost 1.81's port_number() truncates what is larger than 16 bits.
    const auto port = parse_number<std::uint16_t>(std::string_view(parsed->port().data(), parsed->port().size()));
    if (!port || *port == 0)
      refuse(source, "its port is not a number between 1 and 65535", whole);
    out.port = *port;
  }
  const auto path = parsed->encoded_path();
  if (!(path.empty() || path == "/") || parsed->has_query() || parsed->has_fragment())
    refuse(source, "it has a path", whole);
  if (parsed->has_userinfo())
    out.basic = basic_credentials(parsed->user() + ':' + parsed->password()).bound_to(out.text());
  cleanse(whole.data(), whole.size());
  return out;
}

bypass_list::bypass_list(std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(", \t"), list.size());
    if (end > 0)
      entries_.push_back(to_lower(list.substr(0, end)));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

bool bypass_list::matches(std::string_view host, std::uint16_t port) const {
  const auto name = to_lower(without_final_dot(without_brackets(host)));
  const auto address = ip_literal(name);
  for (std::string_view entry : entries_) {
    if (entry == "*")
      return true;
    if (entry.find('/') != std::string_view::npos) {
      if (address && in_network(*address, entry))
        return true;
      continue;
    }
    const auto only = take_port(entry);
    if (only && *only != port)
      continue;
    const auto literal = ip_literal(without_brackets(entry));
    if (literal ? address && *address == *literal : !address && name_matches(name, entry))
      return true;
  }
  return false;
}

bool is_loopback(std::string_view host) {
  const auto name = to_lower(without_final_dot(without_brackets(host)));
  if (const auto address = ip_literal(name))
    return address->is_loopback();
  return name == "localhost" || name.ends_with(".localhost");
}

proxy_rules::rule proxy_rules::read(const environment& env, std::initializer_list<const char*> names) {
  rule out;
  for (const char* name : names) {
    const char* value = env(name);
    if (!value)
      continue;
    if (*value) {
      try {
        out.use = parse_proxy(value, name);
      } catch (const error& e) {
        out.problem = e.failure();
      }
    }
    break;
  }
  return out;
}

proxy_rules::proxy_rules(const proxy_settings& settings, const environment& env) {
  if (settings.url()) {
    given_ = true;
    http_.use = https_.use = parse_proxy(settings.url().reveal(), "the proxy URL");
  } else if (settings.from_environment()) {
    https_ = read(env, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    // In a CGI program HTTP_PROXY is what the client sent as its Proxy header.
    http_ = env("REQUEST_METHOD") ? read(env, {"http_proxy", "all_proxy", "ALL_PROXY"})
                                  : read(env, {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
    const char* bypass = env("no_proxy");
    if (!bypass)
      bypass = env("NO_PROXY");
    bypass_ = bypass_list(bypass ? bypass : "");
  }
}

proxy_rules::proxy_rules(const proxy_settings& settings)
    : proxy_rules(settings, [](const char* name) -> const char* { return std::getenv(name); }) {}

std::optional<proxy> proxy_rules::choose(const origin& to) const {
  const auto& chosen = to.tls() ? https_ : http_;
  if (!given_ && (is_loopback(to.host()) || bypass_.matches(to.host(), to.port())))
    return std::nullopt;
  if (chosen.problem)
    throw error(*chosen.problem);
  return chosen.use;
}

proxy_settings proxy_settings::none() {
  proxy_settings out;
  out.from_environment_ = false;
  return out;
}

proxy_settings proxy_settings::through(std::string_view url) {
  parse_proxy(url, "the proxy URL");
  proxy_settings out;
  out.from_environment_ = false;
  out.url_ = secret(url);
  return out;
}

} // namespace weir::inline v0::net
