#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

#include "http/grammar.hpp"
#include "http/url.hpp"

namespace weir::http {

namespace urls = boost::urls;

namespace {

constexpr std::size_t max_url = 8u << 10;

[[noreturn]] void refuse(const char* why) {
  throw error(errc::malformed_url, std::string("malformed URL: ") + why);
}

std::string host_of(const urls::url_view& u) {
  std::string host(u.encoded_host());
  switch (u.host_type()) {
  case urls::host_type::ipv6:
    return host.substr(1, host.size() - 2);
  case urls::host_type::ipv4:
    return host;
  case urls::host_type::name:
    break;
  default:
    refuse("it has no host that can be resolved");
  }
  // The host also becomes the Host header and the name that a certificate must carry.
  const auto allowed = [](char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  if (host.empty())
    refuse("it has no host");
  if (!std::all_of(host.begin(), host.end(), allowed))
    refuse("its host has characters that a name may not have (write international names as xn--…)");
  if (host.size() > 254 || host.front() == '.' || host.find("..") != std::string::npos)
    refuse("its host is not a name");
  std::transform(host.begin(), host.end(), host.begin(), lower);
  return host;
}

std::uint16_t port_of(const urls::url_view& u, bool tls) {
  const std::string_view digits(u.port().data(), u.port().size());
  if (digits.empty())
    return tls ? 443 : 80;
  unsigned long value = 0;
  for (char c : digits) {
    value = value * 10 + static_cast<unsigned long>(c - '0');
    if (value > 65535)
      break;
  }
  if (value == 0 || value > 65535)
    refuse("its port is not in 1–65535");
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

  url out;
  out.origin = net::origin(tls ? "https" : "http", host_of(u), port_of(u, tls));
  out.target = std::string(u.encoded_path());
  if (out.target.empty())
    out.target = "/";
  // Boost 1.81 takes what follows a port's digits for the path.
  if (out.target.front() != '/')
    refuse("its port is not a number");
  if (u.has_query())
    out.target += '?' + std::string(u.encoded_query());
  return out;
}

} // namespace weir::http
