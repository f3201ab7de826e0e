#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>

#include "http/message/grammar.hpp"
#include "http/message/url.hpp"

namespace weir::inline v0::http {

namespace urls = boost::urls;

namespace {

constexpr std::size_t max_url = 8u << 10;

[[noreturn]] void refuse(const char* why) { throw error(errc::malformed_url, std::string("malformed URL: ") + why); }

// Boost 1.81 ends the authority too early in 127.0.0.1.host.test and in host:x, and takes the
// rest for the path: what decides where a key goes is therefore split here.
std::string_view authority_of(std::string_view text) {
  text.remove_prefix(text.find("//") + 2);
  return text.substr(0, text.find_first_of("/?#"));
}

std::string name_of(std::string_view text) {
  // The host also becomes the Host header and the name that a certificate must carry.
  std::string host(text);
  std::transform(host.begin(), host.end(), host.begin(), lower);
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  if (host.empty())
    refuse("it has no host");
  if (!std::all_of(host.begin(), host.end(), allowed))
    refuse("its host has characters that a name may not have (write international names as xn--…)");
  if (host.size() > 254 || host.front() == '.' || host.find("..") != std::string::npos)
    refuse("its host is not a name");
  return host;
}

std::string literal_of(std::string_view text) {
  if (!urls::parse_ipv6_address(text))
    refuse("its host is in brackets and not an IPv6 address");
  return std::string(text);
}

std::uint16_t port_of(std::string_view text, bool tls) {
  if (text.empty() || text == ":")
    return tls ? 443 : 80;
  text.remove_prefix(1);
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value == 0 || value > 65535)
    refuse("its port is not a number in 1–65535");
  return static_cast<std::uint16_t>(value);
}

} // namespace

url parse_url(std::string_view text) {
  if (text.size() > max_url)
    refuse("it is longer than 8 KiB");
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; }))
    refuse("it has spaces, control characters or bytes that are not ASCII");
  const auto parsed = urls::parse_uri(text);
  if (!parsed)
    refuse("it is not an absolute URL such as https://host/path");
  const auto& u = *parsed;
  const bool tls = u.scheme_id() == urls::scheme::https;
  if (!tls && u.scheme_id() != urls::scheme::http)
    refuse("its scheme is neither http nor https");
  if (!u.has_authority())
    refuse("it has no host");
  if (u.has_userinfo())
    refuse("it has user information before an @, which is not supported");
  if (u.has_fragment())
    refuse("it has a fragment (#…), which is never sent");

  const auto authority = authority_of(text);
  const bool literal = authority.starts_with('[');
  const auto end = std::min(literal ? authority.find(']') : authority.find(':'), authority.size());
  const auto rest = authority.substr(std::min(end + literal, authority.size()));
  if (!rest.empty() && rest.front() != ':')
    refuse("its host is followed by something that is not a port");
  const auto host = literal ? literal_of(authority.substr(1, end - 1)) : name_of(authority.substr(0, end));

  url out;
  out.origin = net::origin(tls ? "https" : "http", host, port_of(rest, tls));
  out.target = std::string(text.substr(static_cast<std::size_t>(authority.data() + authority.size() - text.data())));
  if (!out.target.starts_with('/'))
    out.target.insert(0, 1, '/');
  return out;
}

} // namespace weir::inline v0::http
