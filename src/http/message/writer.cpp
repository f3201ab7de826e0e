#include <boost/asio/ip/address.hpp>

#include <algorithm>

#include "http/message/grammar.hpp"
#include "http/message/writer.hpp"
#include "net/dial/forwarded_stream.hpp"

namespace weir::inline v0::http {

namespace {

// The name of a field for an error: it may be hostile itself.
std::string printable(std::string_view name) {
  std::string out(name.substr(0, 64));
  for (char& c : out)
    if (!is_token_char(c))
      c = '?';
  return out;
}

[[noreturn]] void refuse(const std::string& what) { throw error(errc::invalid_argument, what); }

void check_name(std::string_view name) {
  if (!is_token(name))
    refuse("a header name is empty or has a character that is not allowed: '" + printable(name) + "'");
}

void check_value(std::string_view name, std::string_view value) {
  if (!is_value(value))
    refuse("the value of the header '" + printable(name) + "' has a control character");
}

bool is_loopback(const std::string& host) {
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  return ec ? host == "localhost" : address.is_loopback();
}

void check_host(const net::origin& to) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':';
  };
  if (to.host().empty() || !std::all_of(to.host().begin(), to.host().end(), allowed))
    refuse("the host is empty or has a character that is not allowed");
}

// Calls `put` with each piece of the head in turn: once to measure, once to write, so that
// the buffer never grows and leaves no copy of a key behind.
template <class Put>
void compose(const request& r, const net::forwarding* via, const std::string& authority, const std::string& length,
             Put put) {
  const auto field = [&put](std::string_view name, auto... parts) {
    put(name), put(": "), (put(parts), ...), put("\r\n");
  };
  put(r.method), put(" ");
  if (via)
    put(r.to.scheme()), put("://"), put(authority);
  put(r.target), put(" HTTP/1.1\r\n");
  field("host", std::string_view(authority));
  if (via && via->basic)
    field("proxy-authorization", std::string_view("Basic "), via->basic.reveal());
  each_field(r, length, field);
  put("\r\n");
}

} // namespace

void check(const request& r, const net::forwarding* via) {
  check_host(r.to);
  if (!is_token(r.method))
    refuse("the method is empty or has a character that is not allowed");
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
  if (!r.target.starts_with('/') || !std::all_of(r.target.begin(), r.target.end(), visible))
    refuse("the target does not start with '/', or has a character that is not allowed");
  for (const auto& [name, value] : r.headers) {
    check_name(name);
    if (is_reserved(name) || (r.auth && equal_names(name, r.auth->header)))
      refuse("the header '" + printable(name) +
             "' is set by weir itself: leave it out; a key goes into the credentials");
    check_value(name, value);
  }
  if (!r.auth)
    return;
  const auto& auth = *r.auth;
  if (!is_token(auth.header) || (is_reserved(auth.header) && !equal_names(auth.header, "authorization")))
    refuse("the credential's header name is not allowed");
  if (!auth.scheme.empty() && !is_token(auth.scheme))
    refuse("the credential's scheme has a character that is not allowed");
  if (auth.key.empty())
    throw error(errc::missing_key, "the request's credential has no key");
  if (!is_value(auth.key.reveal()))
    throw error(errc::malformed_key, "the key has a control character");
  if (auth.key.origin() != r.to.text())
    throw error(errc::insecure, "the key is bound to another origin than " + r.to.text());
  if (!r.to.tls() && !is_loopback(r.to.host()))
    throw error(errc::insecure, "the key would leave over plain HTTP: use an https URL");
  if (via && !via->local)
    throw error(errc::insecure, "the key would leave over plain HTTP to the proxy " + via->proxy +
                                    ": use an https URL, or reach " + r.to.text() + " without the proxy");
}

std::string_view user_agent() noexcept { return "weir/" WEIR_VERSION; }

request_bytes::request_bytes(const request& r, const net::forwarding* via) {
  check(r, via);
  const auto authority = r.to.authority();
  const auto length = std::to_string(r.body.size());
  std::size_t size = 0;
  compose(r, via, authority, length, [&size](std::string_view piece) { size += piece.size(); });
  const bool together = size + r.body.size() <= one_write;
  buffer_.reserve(together ? size + r.body.size() : size);
  compose(r, via, authority, length, [this](std::string_view piece) { buffer_ += piece; });
  if (together)
    buffer_ += r.body;
  else
    rest_ = r.body;
}

void request_bytes::cleanse() noexcept {
  weir::cleanse(buffer_.data(), buffer_.size());
  buffer_.clear();
}

} // namespace weir::inline v0::http
