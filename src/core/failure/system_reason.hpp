// What the system says of an errno.
#pragma once

#include <string>
#include <system_error>

namespace weir::inline v0 {

/// `No space left on device`.
inline std::string system_reason(int number) { return std::error_code(number, std::generic_category()).message(); }

} // namespace weir::inline v0
