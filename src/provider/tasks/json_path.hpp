// The part of JSONPath (RFC 9535) that names one place: `$`, `.name`, `['name']`, `[3]`.
#pragma once

#include <string_view>

#include "codec/json/json.hpp"

namespace weir::inline v0::provider {

/// The place in `root` that `path` names, created with everything above it if missing; nullptr for a path in another
/// form, or one that leads through a value that is not an object or a list.
codec::json::value* place_at(codec::json::value& root, std::string_view path);

} // namespace weir::inline v0::provider
