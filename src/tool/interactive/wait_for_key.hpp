// Waits for what is typed.
#pragma once

#include <cstddef>
#include <functional>

#include "tool/interactive/line_input.hpp"

namespace weir::inline v0::cli {

/// Whether something was typed that read_keys() would return at once, or comes within `limit` milliseconds.
bool has_keys(int limit) noexcept;

/// Reads what is there of standard input, waiting for as long as it takes: outcome::line with `size` bytes, at least
/// one, or why there are none.
/// \param woken called whenever `wake` is readable; -1 if nothing wakes it.
line_input::outcome read_keys(char* into, std::size_t most, std::size_t& size, int wake = -1,
                              const std::function<void()>& woken = std::function<void()>());

} // namespace weir::inline v0::cli
