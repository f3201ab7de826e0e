#include "store/journal/id_hash.hpp"

#include <bit>

#include "store/journal/little_endian.hpp"

namespace weir::inline v0::store {

namespace {

struct sip_state {
  std::uint64_t a, b, c, d;

  void rounds(int n) noexcept {
    for (; n > 0; --n) {
      a += b;
      b = std::rotl(b, 13) ^ a;
      a = std::rotl(a, 32);
      c += d;
      d = std::rotl(d, 16) ^ c;
      a += d;
      d = std::rotl(d, 21) ^ a;
      c += b;
      b = std::rotl(b, 17) ^ c;
      c = std::rotl(c, 32);
    }
  }
  void take(std::uint64_t word) noexcept {
    d ^= word;
    rounds(2);
    a ^= word;
  }
  std::uint64_t folded() const noexcept { return a ^ b ^ c ^ d; }
};

} // namespace

id_hash hash_of(std::string_view id, const journal_salt& salt) noexcept {
  const auto k0 = load_little<std::uint64_t>(salt.data());
  const auto k1 = load_little<std::uint64_t>(salt.data() + 8);
  sip_state s{k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du ^ 0xee, k0 ^ 0x6c7967656e657261u,
              k1 ^ 0x7465646279746573u};
  std::size_t i = 0;
  for (; i + 8 <= id.size(); i += 8)
    s.take(load_little<std::uint64_t>(id.data() + i));
  std::uint64_t last = static_cast<std::uint64_t>(id.size()) << 56;
  for (unsigned shift = 0; i < id.size(); ++i, shift += 8)
    last |= static_cast<std::uint64_t>(static_cast<unsigned char>(id[i])) << shift;
  s.take(last);
  id_hash h;
  s.c ^= 0xee;
  s.rounds(4);
  h.high = s.folded();
  s.b ^= 0xdd;
  s.rounds(4);
  h.low = s.folded();
  return h;
}

} // namespace weir::inline v0::store
