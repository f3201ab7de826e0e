// The layout and the encoding of HdrHistogram. Source: the classes AbstractHistogram and ZigZagEncoding of
// github.com/HdrHistogram/HdrHistogram, "V2 encoding".
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::hdr {

/// 3 significant digits: values of one count differ by less than one in 1,024.
inline constexpr unsigned digits = 3;
inline constexpr std::uint64_t half = 1024;
inline constexpr std::uint64_t highest = 3'600'000'000'000; ///< 1 hour in ns.

/// The place of a value among the counts. The first 2,048 values have one each; then each power of two has 1,024.
constexpr std::size_t place_of(std::uint64_t value) noexcept {
  const unsigned bucket = static_cast<unsigned>(std::bit_width(value | (2 * half - 1))) - 11;
  return static_cast<std::size_t>((std::uint64_t{bucket} << 10) + (value >> bucket));
}

constexpr unsigned shift_of(std::size_t place) noexcept {
  return place < 2 * half ? 0 : static_cast<unsigned>(place / half) - 1;
}
/// The smallest and the largest value of a place.
constexpr std::uint64_t first_of(std::size_t place) noexcept {
  const unsigned shift = shift_of(place);
  return (place - half * shift) << shift;
}
constexpr std::uint64_t last_of(std::size_t place) noexcept {
  return first_of(place) + (std::uint64_t{1} << shift_of(place)) - 1;
}
/// What stands for the values of a place: no value is further from it than half its width.
constexpr std::uint64_t middle_of(std::size_t place) noexcept {
  const unsigned shift = shift_of(place);
  return first_of(place) + (shift == 0 ? 0 : std::uint64_t{1} << (shift - 1));
}

inline constexpr std::size_t places = place_of(highest) + 1;

/// The bytes of counts in format V2, before they are compressed.
std::string encode(const std::vector<std::uint64_t>& counts);
/// \throws weir::error errc::invalid_argument
std::vector<std::uint64_t> decode(std::string_view bytes);

/// The envelope of compressed bytes. Both of hdr_zlib.cpp or, without zlib, hdr_plain.cpp.
std::string compress(std::string bytes);
/// \throws weir::error errc::invalid_argument, errc::unsupported
std::string decompress(std::string_view bytes);

inline constexpr std::uint32_t plain_cookie = 0x1c849303 | 0x10, compressed_cookie = 0x1c849304 | 0x10;
void put(std::string& to, std::uint64_t value, int size);
/// \throws weir::error errc::invalid_argument if fewer than `size` bytes are left.
std::uint64_t take(std::string_view& from, int size);

} // namespace weir::inline v0::hdr
