// Recorded answers as bytes, for a store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/cache/recorded_answer.hpp"

namespace weir::inline v0 {

/// Compact, and readable by this version of the format alone: a version, the fields in their order, a check sum. Empty
/// for an answer whose result has no form here.
std::string encode_answer(const recorded_answer& a);
/// Empty for bytes that encode_answer() of this version cannot have written. Anything may be given to it.
std::optional<recorded_answer> decode_answer(std::string_view bytes);

} // namespace weir::inline v0
