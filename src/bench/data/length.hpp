// Lengths by chance. Pure.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>

#include <weir/bench/prompts.hpp>

namespace weir::inline v0::data {

/// The bounds of every length.
inline constexpr std::uint64_t longest = 1'000'000;

/// \param what for messages: `input`.
/// \throws weir::error errc::invalid_argument for figures out of their range.
void check(const bench_length& length, std::string_view what);

/// The next number, from 1 to `longest`. The same for the same state of `random` on every machine.
/// \pre check() has passed
std::uint64_t draw(const bench_length& length, std::mt19937_64& random);

} // namespace weir::inline v0::data
