// Waits for what is typed.
#pragma once

#include "tool/interactive/line_input.hpp"

namespace weir::inline v0::cli {

/// Whether something was typed that read_keys() would return at once, or comes within `limit` milliseconds.
bool has_keys(int limit) noexcept;

/// Reads what is there of standard input, waiting for as long as it takes: outcome::line with `size` bytes, at least
/// one, or why there are none.
line_input::outcome read_keys(char* into, std::size_t most, std::size_t& size);

} // namespace weir::inline v0::cli
