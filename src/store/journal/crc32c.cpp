#include "store/journal/crc32c.hpp"

#include <array>

#include "store/journal/little_endian.hpp"

namespace weir::inline v0::store {

namespace {

using table = std::array<std::array<std::uint32_t, 256>, 8>;

// tables[k][b]: what a byte b does to the check when k bytes follow it, so that eight are taken in one step.
constexpr table make_tables() {
  constexpr std::uint32_t polynomial = 0x82f63b78u;
  table t{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t c = b;
    for (int bit = 0; bit < 8; ++bit)
      c = (c >> 1) ^ ((c & 1) != 0 ? polynomial : 0);
    t[0][b] = c;
  }
  for (std::size_t k = 1; k < t.size(); ++k)
    for (std::uint32_t b = 0; b < 256; ++b)
      t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 255];
  return t;
}

constexpr table tables = make_tables();

#if defined(__x86_64__) && defined(__GNUC__)
// The processor's own instruction, which SSE 4.2 has for this polynomial.
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view bytes, std::uint32_t before) noexcept {
  std::uint64_t c = static_cast<std::uint32_t>(~before);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8)
    c = __builtin_ia32_crc32di(c, load_little<std::uint64_t>(at));
  auto last = static_cast<std::uint32_t>(c);
  for (; left > 0; --left, ++at)
    last = __builtin_ia32_crc32qi(last, static_cast<unsigned char>(*at));
  return ~last;
}

bool has_instruction() noexcept {
  static const bool has = __builtin_cpu_supports("sse4.2");
  return has;
}
#endif

} // namespace

std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before) noexcept {
  std::uint32_t c = ~before;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    const auto n = load_little<std::uint64_t>(at) ^ c;
    c = tables[7][n & 255] ^ tables[6][(n >> 8) & 255] ^ tables[5][(n >> 16) & 255] ^ tables[4][(n >> 24) & 255] ^
        tables[3][(n >> 32) & 255] ^ tables[2][(n >> 40) & 255] ^ tables[1][(n >> 48) & 255] ^ tables[0][n >> 56];
  }
  for (; left > 0; --left, ++at)
    c = (c >> 8) ^ tables[0][(c ^ static_cast<unsigned char>(*at)) & 255];
  return ~c;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  if (has_instruction())
    return by_instruction(bytes, before);
#endif
  return crc32c_by_table(bytes, before);
}

} // namespace weir::inline v0::store
