#include "batch/input/line_buffer.hpp"

namespace weir::inline v0::input {

namespace {
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
}

void line_buffer::feed(std::string_view bytes) {
  if (begin_ > 0) {
    held_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
  }
  held_ += bytes;
}

std::optional<line> line_buffer::next() {
  if (!begun_) {
    if (held_.size() < byte_order_mark.size() && !finished_ && byte_order_mark.starts_with(held_))
      return std::nullopt;
    if (held_.starts_with(byte_order_mark))
      begin_ = scanned_ = byte_order_mark.size();
    begun_ = true;
  }
  const auto end = held_.find('\n', scanned_);
  line found;
  found.number = number_ + 1;
  if (end == held_.npos) {
    scanned_ = held_.size();
    // One more than the limit may be the CR before an LF.
    if (held_.size() - begin_ > limit_ + 1 && !dropping_)
      dropping_ = true;
    if (dropping_ && !finished_) {
      held_.clear();
      begin_ = scanned_ = 0;
    }
    if (!finished_ || (begin_ == held_.size() && !dropping_))
      return std::nullopt;
  }
  const auto stop = end == held_.npos ? held_.size() : end;
  found.text = std::string_view(held_).substr(begin_, stop - begin_);
  if (found.text.ends_with('\r') && end != held_.npos)
    found.text.remove_suffix(1);
  found.too_long = dropping_ || found.text.size() > limit_;
  if (found.too_long)
    found.text = {};
  dropping_ = false;
  begin_ = scanned_ = end == held_.npos ? stop : end + 1;
  ++number_;
  return found;
}

} // namespace weir::inline v0::input
