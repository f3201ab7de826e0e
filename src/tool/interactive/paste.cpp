#include "tool/interactive/paste.hpp"

#include <utility>

namespace weir::inline v0::cli {

namespace {

constexpr std::string_view begin_mark = "\x1b[200~";
constexpr std::string_view end_mark = "\x1b[201~";
constexpr char quote = '\x16'; // Ctrl-V, ed-quoted-insert

} // namespace

void paste_filter::add(char byte, std::string& out) {
  held_ += byte;
  const auto mark = inside_ ? end_mark : begin_mark;
  if (held_ == mark) {
    held_.clear();
    inside_ = !inside_;
  } else if (!mark.starts_with(held_)) {
    // The last byte may begin a mark itself.
    const auto last = held_.back();
    held_.pop_back();
    const bool again = !held_.empty() && last == mark.front();
    if (!again)
      held_ += last;
    pass(std::exchange(held_, again ? std::string(1, last) : std::string()), out);
  }
}

void paste_filter::release(std::string& out) { pass(std::exchange(held_, {}), out); }

void paste_filter::pass(std::string_view bytes, std::string& out) const {
  for (const char c : bytes) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (inside_ && control)
      out += quote;
    // Terminals send a line break as the Return key does.
    out += inside_ && c == '\r' ? '\n' : c;
  }
}

} // namespace weir::inline v0::cli
