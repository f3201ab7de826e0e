// The part of JSONPath (RFC 9535) that names one place: `$`, `.name`, `['name']`, `[3]`.
#pragma once

#include <string_view>

#include "codec/json/json.hpp"

namespace weir::provider {

/// The place in `root` that `path` names, made with everything above it where it is not there yet; nullptr for a path
/// of another form, or one that leads through something that is no object or list.
codec::json::value* place_at(codec::json::value& root, std::string_view path);

} // namespace weir::provider
