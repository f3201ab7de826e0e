// Lone surrogates, halves of UTF-16 pairs, as parse_answer() keeps them.
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0::codec {

/// Whether `text` has a lone surrogate anywhere. It is kept in the three bytes that UTF-8 would encode it in (ED A0 80
/// to ED BF BF), which no valid text has.
bool has_surrogate(std::string_view text) noexcept;
/// Whether `text` ends in the first half of a pair: the other half may begin the next piece.
bool ends_in_half(std::string_view text) noexcept;
/// The length of a half in bytes.
inline constexpr std::size_t half_size = 3;

/// Makes valid UTF-8: halves that have met become their character, every other one U+FFFD.
std::string settle_surrogates(std::string_view text);

} // namespace weir::inline v0::codec
