// Values that fit a JSON schema.
#pragma once

#include <string_view>

#include "codec/json/json.hpp"

namespace weir::inline v0::sim {

/// A value that fits `schema`: every property, one element per array unless it sets another number, the first choice of
/// an `enum`, `anyOf` or `oneOf` (other than null), numbers within their bounds, strings of their format and length.
/// Any other string is the first words of `prompt`. `pattern`, `uniqueItems` and `not` are ignored. References lead
/// into the schema itself; below a few levels optional parts are left out, so that a recursive schema has an end.
codec::json::value fitting_value(const codec::json::value& schema, std::string_view prompt);

} // namespace weir::inline v0::sim
