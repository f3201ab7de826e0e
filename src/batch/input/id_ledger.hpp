// Which ids come twice, in 16 bytes an id. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace weir::inline v0::input {

/// Where an item stands.
class place {
public:
  place() = default;
  place(std::size_t input, std::uint64_t line) : packed_(static_cast<std::uint64_t>(input) << line_bits | line) {}
  std::size_t input() const noexcept { return static_cast<std::size_t>(packed_ >> line_bits); }
  std::uint64_t line() const noexcept { return packed_ & ((std::uint64_t{1} << line_bits) - 1); }
  friend auto operator<=>(place, place) = default;

private:
  static constexpr unsigned line_bits = 44;
  std::uint64_t packed_ = 0;
};

/// Remembers a hash and the place of every id.
class id_ledger {
public:
  id_ledger() = default;
  void add(std::string_view id, place at);
  /// The places of ids with the same hash, those of one hash together and in order; at most `most` hashes. Sorts: no
  /// add() after it. Two ids may have the same hash by chance, so compare them.
  std::vector<std::vector<place>> suspects(std::size_t most);

private:
  class entry {
  public:
    std::uint64_t hash;
    place at;
    friend auto operator<=>(const entry&, const entry&) = default;
  };
  // A deque does not move when it grows, and a part of all is sorted without a copy of the rest.
  std::array<std::deque<entry>, 64> shelves_;
};

} // namespace weir::inline v0::input
