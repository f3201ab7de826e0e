// Which items are taken, by their ids alone. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weir::inline v0::input {

/// The lot that an item draws: the same one on every machine, and another one for another seed.
std::uint64_t lot_of(std::string_view id, std::uint64_t seed) noexcept;
/// The largest lot that is within a share of all, 0 … 1. \throws weir::error errc::invalid_argument for another share.
std::uint64_t largest_lot(double share);

/// Finds the largest of the `n` smallest lots. 8 bytes a lot that is kept.
class lot_counter {
public:
  explicit lot_counter(std::size_t n) : most_(n) {}
  void add(std::uint64_t lot);
  /// All lots if there were no more than `n`.
  std::uint64_t largest() const noexcept;

private:
  std::size_t most_;
  std::vector<std::uint64_t> smallest_; // a heap, the largest first
};

} // namespace weir::inline v0::input
