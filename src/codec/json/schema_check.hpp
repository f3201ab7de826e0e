// Whether a value fits a JSON Schema. Pure.
#pragma once

#include <string>

#include "codec/json/json.hpp"

namespace weir::inline v0::codec {

/// The first problem of `v`, with its place; empty if it fits. See weir::schema for the keywords.
std::string check_schema(const json::value& schema, const json::value& v);

} // namespace weir::inline v0::codec
