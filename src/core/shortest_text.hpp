// Numbers as people write them.
#pragma once

#include <charconv>
#include <string>

namespace weir::inline v0 {

/// In the fewest digits that read back as the same number: `20`, `0.5`.
inline std::string shortest_text(double n) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, n).ptr);
}

} // namespace weir::inline v0
