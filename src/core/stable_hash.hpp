// A hash that is the same in every process and release.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::inline v0 {

/// Mixes the bits of a number well (the finaliser of splitmix64).
constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// FNV-1a with mixed bits, begun at `seed`: different seeds give independent hashes. Not for keys, nor against an
/// adversary who looks for collisions. Of a text that comes in pieces.
class stable_hasher {
public:
  constexpr explicit stable_hasher(std::uint64_t seed = 0) noexcept
      : h_(0xcbf29ce484222325u ^ mixed(seed + 0x9e3779b97f4a7c15u)) {}
  constexpr void add(std::string_view text) noexcept {
    auto h = h_; // in a register: the text may be anywhere
    for (const char c : text)
      h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    h_ = h;
  }
  constexpr std::uint64_t value() const noexcept { return mixed(h_); }

private:
  std::uint64_t h_;
};

/// The same of a text in one piece.
constexpr std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = 0) noexcept {
  stable_hasher h(seed);
  h.add(text);
  return h.value();
}

} // namespace weir::inline v0
