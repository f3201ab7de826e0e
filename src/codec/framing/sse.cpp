#include "codec/framing/sse.hpp"

#include <cstring>
#include <utility>

#include <boost/assert.hpp>

#include "codec/text/utf8.hpp"

namespace weir::inline v0::codec {

namespace {

constexpr std::string_view bom = "\xEF\xBB\xBF";

std::size_t find(std::string_view in, char c, std::size_t from) noexcept {
  if (from >= in.size())
    return std::string_view::npos;
  const auto* hit = static_cast<const char*>(std::memchr(in.data() + from, c, in.size() - from));
  return hit ? static_cast<std::size_t>(hit - in.data()) : std::string_view::npos;
}

// Whether `line` is the field `name`; if so `value` is what follows the colon and one space.
// Names are compared as bytes: an invalid sequence never equals one of them, before or after its repair.
bool is_field(std::string_view line, std::string_view name, std::string_view& value) noexcept {
  if (!line.starts_with(name))
    return false;
  line.remove_prefix(name.size());
  if (line.empty()) {
    value = line;
    return true;
  }
  if (line.front() != ':')
    return false;
  line.remove_prefix(1);
  if (!line.empty() && line.front() == ' ')
    line.remove_prefix(1);
  value = line;
  return true;
}

// The start of a field's name, after which the stream was cut.
bool is_cut_name(std::string_view line) noexcept {
  for (const std::string_view name : {"data", "event", "error", "id", "retry"})
    if (name.starts_with(line))
      return true;
  return false;
}

void assign_repaired(std::string& to, std::string_view value) {
  to.clear();
  append_repaired(to, value);
}

} // namespace

void sse_decoder::feed(std::string_view bytes) {
  BOOST_ASSERT(pos_ == view_.size() || failed_);
  if (failed_)
    return;
  view_ = bytes;
  pos_ = 0;
  next_lf_ = find(view_, '\n', 0);
  next_cr_ = find(view_, '\r', 0);
}

// The event returned last no longer needs its buffers.
void sse_decoder::let_go() noexcept {
  if (!dispatched_)
    return;
  dispatched_ = false;
  has_data_ = false;
  owns_data_ = false;
  data_.clear();
  fed_data_ = {};
  type_.clear();
}

bool sse_decoder::next(sse_event& out) {
  let_go();
  if (!next_data_.empty())
    take(std::exchange(next_data_, {}), where::held);
  while (!failed_) {
    if (after_cr_ && pos_ < view_.size()) {
      after_cr_ = false;
      if (view_[pos_] == '\n')
        ++pos_;
    }
    const auto end = line_end();
    if (end == std::string_view::npos) {
      hold();
      return false;
    }
    auto line = view_.substr(pos_, end - pos_);
    if (line_.size() + line.size() > max_line) {
      fail();
      return false;
    }
    pos_ = end + 1;
    after_cr_ = view_[end] == '\r';
    auto bytes = where::fed;
    if (!line_.empty()) {
      line_.append(line);
      line = line_;
      bytes = where::held;
    }
    // Decoding a line alone gives what decoding the whole stream gives: a line end is ASCII
    // and cuts an unfinished sequence short. So the BOM, too, can only start the first line.
    if (first_line_) {
      first_line_ = false;
      if (line.starts_with(bom))
        line.remove_prefix(bom.size());
    }
    bool ends = line.empty();
    if (line.starts_with('{'))
      ends = take_object(line, bytes);
    else if (has_data_ && begins_another(line))
      next_data_ = line, ends = true;
    else if (!ends)
      take(line, bytes);
    line_.clear();
    if (ends && dispatch(out))
      return true;
  }
  return false;
}

bool sse_decoder::finish(sse_event& out) {
  let_go();
  if (failed_)
    return false;
  const auto last = std::exchange(line_, {});
  if (last.starts_with('{'))
    take_object(last, where::held);
  else if (!last.empty() && !is_cut_name(last))
    take(last, where::held);
  return !failed_ && dispatch(out);
}

std::size_t sse_decoder::line_end() noexcept {
  constexpr auto npos = std::string_view::npos;
  if (next_lf_ != npos && next_lf_ < pos_)
    next_lf_ = find(view_, '\n', pos_);
  if (next_cr_ != npos && next_cr_ < pos_)
    next_cr_ = find(view_, '\r', pos_);
  return next_lf_ < next_cr_ ? next_lf_ : next_cr_;
}

void sse_decoder::take(std::string_view line, where bytes) {
  std::string_view value;
  switch (line.front()) {
  case 'd':
    if (is_field(line, "data", value)) {
      add_data(value, bytes);
      return;
    }
    break;
  case 'e':
    if (is_field(line, "event", value)) {
      assign_repaired(type_, value);
      open_ = true;
      check_size();
      return;
    }
    if (is_field(line, "error", value)) {
      type_ = "error";
      add_data(value, bytes);
      return;
    }
    break;
  case 'i':
    if (is_field(line, "id", value) && find(value, '\0', 0) == std::string_view::npos) {
      assign_repaired(id_, value);
      has_id_ = true;
      open_ = true;
      check_size();
      return;
    }
    break;
  default: break;
  }
  ++comments_;
  if (line.front() != ':' && !is_field(line, "retry", value))
    keep_stray(line);
}

// Whether the line is an event by itself; within another one it is a line of its data.
bool sse_decoder::take_object(std::string_view line, where bytes) {
  if (!line.substr(0, line.find_last_not_of(" \t") + 1).ends_with('}')) {
    ++comments_;
    keep_stray(line);
    return false;
  }
  const bool alone = !has_data_;
  add_data(line, bytes);
  return alone;
}

// An object cannot continue after its end: the server separates its events by one line end, and this line begins the
// next.
bool sse_decoder::begins_another(std::string_view line) const noexcept {
  const std::string_view data = owns_data_ ? std::string_view(data_) : fed_data_;
  std::string_view value;
  return data.ends_with('}') && is_field(line, "data", value) &&
         (value.starts_with('{') || value.starts_with("[DONE]"));
}

void sse_decoder::keep_stray(std::string_view line) {
  if (stray_.size() >= max_stray)
    return;
  if (!stray_.empty())
    stray_.push_back('\n');
  append_repaired(stray_, line.substr(0, max_stray - stray_.size()));
}

void sse_decoder::add_data(std::string_view value, where bytes) {
  open_ = true;
  const bool valid = valid_utf8_prefix(value) == value.size();
  if (!has_data_ && valid && bytes == where::fed) {
    fed_data_ = value;
  } else {
    if (has_data_) {
      if (!owns_data_)
        data_.assign(fed_data_);
      data_.push_back('\n');
    }
    owns_data_ = true;
    if (valid)
      data_.append(value);
    else
      append_repaired(data_, value);
  }
  has_data_ = true;
  check_size();
}

void sse_decoder::check_size() noexcept {
  const auto data = owns_data_ ? data_.size() : fed_data_.size();
  if (data + type_.size() + (has_id_ ? id_.size() : 0) > max_event)
    fail();
}

void sse_decoder::hold() {
  const auto rest = view_.substr(pos_);
  if (line_.size() + rest.size() > max_line) {
    fail();
    return;
  }
  if (has_data_ && !owns_data_) {
    data_.assign(fed_data_);
    fed_data_ = {};
    owns_data_ = true;
  }
  line_.append(rest);
  view_ = {};
  pos_ = 0;
  next_lf_ = std::string_view::npos;
  next_cr_ = std::string_view::npos;
}

bool sse_decoder::dispatch(sse_event& out) {
  open_ = false;
  if (has_id_) {
    last_id_ = id_;
    has_id_ = false;
  }
  if (!has_data_) {
    type_.clear();
    ++comments_;
    return false;
  }
  out.type = type_;
  out.data = owns_data_ ? std::string_view(data_) : fed_data_;
  dispatched_ = true;
  return true;
}

void sse_decoder::fail() noexcept {
  failed_ = make_error_code(errc::response_too_large);
  view_ = {};
  pos_ = 0;
  line_.clear();
}

} // namespace weir::inline v0::codec
