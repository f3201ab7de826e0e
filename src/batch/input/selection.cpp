#include "batch/input/selection.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include <weir/batch/input.hpp>
#include <weir/core/error.hpp>

#include "core/stable_hash.hpp"

namespace weir::inline v0 {

namespace {
// Parts and samples are independent of each other, and of other uses of the hash.
constexpr std::uint64_t part_seed = 0x70617274;   // "part"
constexpr std::uint64_t sample_seed = 0x73616d70; // "samp"
} // namespace

bool in_part(std::string_view id, unsigned k, unsigned n) {
  if (k == 0 || k > n)
    throw error(errc::invalid_argument, "there is no part " + std::to_string(k) + " of " + std::to_string(n) +
                                            ": the parts are 1 to " + std::to_string(n));
  return stable_hash(id, part_seed) % n == k - 1;
}

namespace input {

std::uint64_t lot_of(std::string_view id, std::uint64_t seed) noexcept {
  return stable_hash(id, mixed(seed + 1) ^ sample_seed);
}

std::uint64_t largest_lot(double share) {
  if (!(share >= 0 && share <= 1))
    throw error(errc::invalid_argument, "a share of a sample is from 0 to 1, not " + std::to_string(share));
  constexpr double all = 18446744073709551616.0;
  const double lots = share * all;
  return lots >= all ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(lots);
}

void lot_counter::add(std::uint64_t lot) {
  if (smallest_.size() == most_) {
    if (most_ == 0 || lot >= smallest_.front())
      return;
    std::pop_heap(smallest_.begin(), smallest_.end());
    smallest_.back() = lot;
  } else {
    smallest_.push_back(lot);
  }
  std::push_heap(smallest_.begin(), smallest_.end());
}

std::uint64_t lot_counter::largest() const noexcept {
  return smallest_.size() < most_ || most_ == 0 ? std::numeric_limits<std::uint64_t>::max() : smallest_.front();
}

} // namespace input

} // namespace weir::inline v0
