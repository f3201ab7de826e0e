#include "http/message/redirect.hpp"

#include <algorithm>

#include <weir/core/error.hpp>

namespace weir::inline v0::http {

namespace {

std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f) {
      out += c;
      continue;
    }
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

// RFC 3986 §3.1: a scheme and its colon, before any other delimiter.
bool has_scheme(std::string_view text) noexcept {
  const auto end = text.find_first_of(":/?");
  return end != text.npos && end != 0 && text[end] == ':' &&
         ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
}

// RFC 3986 §5.2.4, for a path that begins with a slash.
std::string without_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto end = std::min(path.find('/', 1), path.size());
    const auto segment = path.substr(0, end);
    const bool last = end == path.size();
    if (segment == "/..")
      out.erase(std::min(out.rfind('/'), out.size()));
    else if (segment != "/.")
      out += segment;
    if (last && (segment == "/." || segment == "/.."))
      out += '/';
    path.remove_prefix(end);
  }
  return out;
}

// Path and query: dot segments count in the path alone.
std::string normal(std::string_view target) {
  const auto query = std::min(target.find('?'), target.size());
  return without_dots(target.substr(0, query)).append(target.substr(query));
}

} // namespace

url resolve_reference(const url& base, std::string_view reference) {
  const auto text = escaped(reference.substr(0, reference.find('#')));
  if (has_scheme(text) || text.starts_with("//")) {
    auto out = parse_url(text.starts_with("//") ? base.origin.scheme() + ":" + text : text);
    out.target = normal(out.target);
    return out;
  }
  const std::string_view target = base.target;
  const auto path = target.substr(0, target.find('?'));
  std::string merged;
  if (text.empty())
    merged = target;
  else if (text.starts_with('/'))
    merged = text;
  else if (text.starts_with('?'))
    merged.append(path).append(text);
  else
    merged.append(path.substr(0, path.rfind('/') + 1)).append(text);
  return parse_url(base.origin.text() + normal(merged));
}

bool redirects::follow(const response_head& head) {
  switch (head.status) {
  case 301:
  case 302:
  case 303:
  case 307:
  case 308: break;
  default: return false;
  }
  const auto location = head.headers.get("location");
  if (location.empty())
    return false;
  url next;
  try {
    next = resolve_reference(at_, location);
  } catch (const error& e) {
    throw error(errc::unexpected_redirect,
                at_.origin.text() + " redirects to an invalid address (" + e.failure().message() + ')');
  }
  const auto refuse = [&](std::string_view why) {
    throw error(errc::unexpected_redirect,
                at_.origin.text() + " redirects to " + next.origin.text() + ": not followed, " + std::string(why));
  };
  if (reach_ == reach::same_origin && next.origin != at_.origin)
    refuse("since the request may carry a key that is for this host alone");
  if (at_.origin.tls() && !next.origin.tls())
    refuse("since that address is without TLS");
  if (left_ == 0)
    refuse("since the limit of redirects is reached");
  --left_;
  at_ = std::move(next);
  return true;
}

} // namespace weir::inline v0::http
