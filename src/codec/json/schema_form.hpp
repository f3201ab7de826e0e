// Whether a JSON Schema is one. Pure.
#pragma once

#include <string>

#include "codec/json/json.hpp"

namespace weir::inline v0::codec {

/// What is wrong with a schema, with its place (`$.properties.age: …`): a type that JSON does not have, which nothing
/// would ever fit, and parts that are no schemas. Empty if nothing is. Keywords that are not known are left alone.
std::string problem_of_schema(const json::value& schema);

} // namespace weir::inline v0::codec
