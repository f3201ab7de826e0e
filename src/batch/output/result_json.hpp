// The results of tasks as JSON.
#pragma once

#include <any>

#include "codec/json/json.hpp"

namespace weir::inline v0 {

/// The result as JSON: the members of its class; media as type, size and path or URL, or as base64 if their bytes are
/// in memory. Null for anything but a result of the classes in weir/task/results.hpp.
codec::json::value result_json(const std::any& result);

} // namespace weir::inline v0
