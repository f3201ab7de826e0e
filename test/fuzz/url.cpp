// URLs: refused with a message that quotes nothing, or an origin and a target that are clean and read again as the
// same.
#include "http/message/url.hpp"

#include <weir/core/error.hpp>

#include "fuzz.hpp"

static weir::http::url parsed(std::string_view text) {
  try {
    return weir::http::parse_url(text);
  } catch (const weir::error& e) {
    fuzz::hold(e.code() == weir::errc::malformed_url, "the only code of a refusal");
    return {};
  }
}

FUZZ(in) {
  const auto u = parsed(in.text);
  if (u.origin.host().empty())
    return;
  fuzz::hold(u.origin.port() != 0 && u.target.starts_with('/'), "a port and a path");
  for (const char c : u.origin.host() + u.target)
    fuzz::hold(c > ' ' && c < 0x7f, "nothing that breaks a request line");
  const auto again = parsed(u.origin.text() + u.target);
  fuzz::hold(again.origin == u.origin && again.target == u.target, "written again it is the same");
}
