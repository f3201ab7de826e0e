// Numbers in bytes, the lowest byte first, whatever the machine.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>

namespace weir::inline v0::store {

template <std::unsigned_integral T>
T load_little(const char* from) noexcept {
  T n = 0;
  if constexpr (std::endian::native == std::endian::little)
    std::memcpy(&n, from, sizeof n);
  else
    for (std::size_t i = sizeof n; i-- > 0;)
      n = static_cast<T>((n << 8) | static_cast<unsigned char>(from[i]));
  return n;
}

template <std::unsigned_integral T>
void store_little(char* to, T n) noexcept {
  if constexpr (std::endian::native == std::endian::little)
    std::memcpy(to, &n, sizeof n);
  else
    for (std::size_t i = 0; i < sizeof n; ++i)
      to[i] = static_cast<char>(n >> (8 * i));
}

} // namespace weir::inline v0::store
