// What is typed for one turn: a line, or several.
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0::cli {

/// Puts lines together: one that ends in a backslash goes on in the next, and `"""` begins a block that the next `"""`
/// at the end of a line ends.
class entry {
public:
  entry() = default;

  /// Adds a line. True once the entry is complete.
  bool add(std::string_view line);
  /// Whether it has begun and is not complete.
  bool open() const noexcept { return open_; }
  const std::string& text() const noexcept { return text_; }

private:
  bool add_to_block(std::string_view line);

  std::string text_;
  bool open_ = false;
  bool block_ = false;
};

} // namespace weir::inline v0::cli
