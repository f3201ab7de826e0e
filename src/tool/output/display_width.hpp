// How many columns of a terminal a text takes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::inline v0::cli {

/// The columns of a line of UTF-8 without control characters, as wcwidth() has them, in any locale: East Asian wide
/// characters and emoji count as two, combining marks as none, and bytes that are no UTF-8 as one. A sequence that a
/// terminal joins to one picture counts as its parts.
std::size_t columns_of(std::string_view line) noexcept;

/// The text with spaces after it, or before it, so that it takes `columns`; as it is if it takes more.
std::string padded(std::string text, std::size_t columns);
std::string right_aligned(std::string text, std::size_t columns);

/// As much of a line as `columns` hold, with an ellipsis where something is left out.
std::string fitted(std::string_view line, std::size_t columns);

} // namespace weir::inline v0::cli
