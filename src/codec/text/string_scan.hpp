// Finds what ends a plain run of a JSON string, eight bytes at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace weir::inline v0::codec {

/// The first quote, backslash or control character from `at` on; `end` if there is none.
inline const char* plain_end(const char* at, const char* end) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  // Only the first hit in a word is certain: what it borrows from the bytes after it may make hits of them.
  if constexpr (std::endian::native == std::endian::little)
    for (; end - at >= 8; at += 8) {
      std::uint64_t w;
      std::memcpy(&w, at, sizeof w);
      const auto hits = (((w ^ ones * '"') - ones) | ((w ^ ones * '\\') - ones) | (w - ones * 0x20)) & ~w & ones * 0x80;
      if (hits)
        return at + std::countr_zero(hits) / 8;
    }
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20)
    ++at;
  return at;
}

} // namespace weir::inline v0::codec
