#include "tool/interactive/entry.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr std::string_view quotes = "\"\"\"";

std::string_view without_end_blanks(std::string_view line) {
  return line.substr(0, line.find_last_not_of(" \t\r") + 1);
}

} // namespace

bool entry::add(std::string_view line) {
  if (block_)
    return add_to_block(line);
  if (!open_ && line.starts_with(quotes)) {
    block_ = open_ = true;
    line.remove_prefix(quotes.size());
    return line.empty() ? false : add_to_block(line);
  }
  open_ = line.ends_with('\\');
  if (open_)
    line.remove_suffix(1);
  text_ += line;
  if (open_)
    text_ += '\n';
  return !open_;
}

bool entry::add_to_block(std::string_view line) {
  const auto trimmed = without_end_blanks(line);
  if (trimmed.ends_with(quotes)) {
    text_ += trimmed.substr(0, trimmed.size() - quotes.size());
    while (text_.ends_with('\n'))
      text_.pop_back();
    block_ = open_ = false;
    return true;
  }
  text_.append(line).append("\n");
  return false;
}

} // namespace weir::inline v0::cli
