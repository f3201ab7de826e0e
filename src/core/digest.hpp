// Digests: names for contents.
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0 {

/// SHA-256 in 64 lower-case hexadecimal digits.
/// \throws std::bad_alloc
std::string sha256_hex(std::string_view bytes);

} // namespace weir::inline v0
