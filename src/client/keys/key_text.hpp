// A key as a person gives it.
#pragma once

#include <string_view>

#include <weir/core/secret.hpp>

namespace weir::inline v0 {

/// The key in a text that was read from `place`: a variable, or a file. Empty for nothing but white space.
/// \throws weir::error errc::malformed_key, naming the place and never the key.
secret key_from(std::string_view text, std::string_view place);

/// \throws weir::error errc::malformed_key for a key of fewer than 8 characters, unless it begins with `hf_`: no
/// provider gives such a one, and it cannot be told from words when a message that quotes it is cleaned. Empty keys are
/// none, and allowed.
void reject_short_key(const secret& key, std::string_view place);

} // namespace weir::inline v0
