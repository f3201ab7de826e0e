// An instant as text, for logs and ledgers.
#pragma once

#include <chrono>
#include <string>

namespace weir::inline v0 {

/// RFC 3339 in UTC with milliseconds: `2026-08-22T10:00:00.000Z`. parse_rfc3339() reads it.
std::string timestamp(std::chrono::system_clock::time_point t);

} // namespace weir::inline v0
