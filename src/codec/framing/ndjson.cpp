#include "codec/framing/ndjson.hpp"

#include <boost/assert.hpp>

namespace weir::inline v0::codec {

void ndjson_splitter::feed(std::string_view bytes) {
  BOOST_ASSERT(view_.empty());
  if (!failed_)
    view_ = bytes;
}

bool ndjson_splitter::next(std::string_view& line) {
  while (!failed_) {
    if (given_) {
      given_ = false;
      held_.clear();
    }
    const auto end = view_.find('\n');
    const auto part = view_.substr(0, end);
    // One more, because the CR of a line end is not part of the line.
    if (held_.size() + part.size() > max_line + 1) {
      fail();
      return false;
    }
    if (end == std::string_view::npos) {
      held_.append(part);
      view_ = {};
      return false;
    }
    view_.remove_prefix(end + 1);
    line = part;
    if (!held_.empty()) {
      held_.append(part);
      given_ = true;
      line = held_;
    }
    if (accept(line))
      return true;
  }
  return false;
}

bool ndjson_splitter::finish(std::string_view& line) {
  if (failed_ || given_ || held_.empty())
    return false;
  given_ = true;
  line = held_;
  return accept(line);
}

bool ndjson_splitter::accept(std::string_view& line) {
  if (first_line_) {
    first_line_ = false;
    constexpr std::string_view bom = "\xEF\xBB\xBF";
    if (line.starts_with(bom))
      line.remove_prefix(bom.size());
  }
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  if (line.size() > max_line) {
    fail();
    return false;
  }
  return line.find_first_not_of(" \t\r") != std::string_view::npos;
}

void ndjson_splitter::fail() noexcept {
  failed_ = make_error_code(errc::response_too_large);
  view_ = {};
}

} // namespace weir::inline v0::codec
