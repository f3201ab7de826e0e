// What the terminal that a file may be can do.
#pragma once

#include <cstddef>
#include <cstdio>

namespace weir::inline v0::cli {

/// Whether the file is a terminal that can rewrite a line: not one of TERM=dumb.
bool is_capable(std::FILE* file) noexcept;
/// Whether to use colours and the like: on a capable terminal, unless NO_COLOR is set to anything
/// (https://no-color.org).
bool has_colours(std::FILE* file) noexcept;
/// The columns of the terminal, as it is now; 80 where that is not known.
std::size_t width_of(std::FILE* file) noexcept;

} // namespace weir::inline v0::cli
