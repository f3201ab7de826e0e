// Text of a wanted length. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace weir::inline v0::data {

/// Appends words of about so many tokens: each is one token, with the space before it, in the vocabularies that are
/// common. Without a model's tokenizer this is an estimate: reports show what the server counted beside what was
/// wanted. The same number and seed give the same bytes, on every machine and in every version.
void append_filler(std::string& to, std::uint64_t seed, std::uint64_t tokens);

/// The same, but texts of one seed with different numbers are different from their first words on: all of at least 4
/// tokens up to the number 2^28, shorter ones as long as there are different texts of their length.
void append_numbered_filler(std::string& to, std::uint64_t seed, std::uint64_t number, std::uint64_t tokens);

} // namespace weir::inline v0::data
