// A set of numbers in 8 bytes each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::inline v0::batch_engine {

/// A set of numbers below 2^64 - 1, such as positions in a journal. Open addressing; at most 7/8 full.
class number_set {
public:
  /// False if it was there.
  bool insert(std::uint64_t n) {
    if (8 * (size_ + 1) > 7 * slots_.size())
      grow();
    auto& at = slots_[place_of(slots_, n)];
    if (at == n + 1)
      return false;
    at = n + 1;
    ++size_;
    return true;
  }
  bool contains(std::uint64_t n) const noexcept { return !slots_.empty() && slots_[place_of(slots_, n)] == n + 1; }
  std::size_t size() const noexcept { return size_; }

private:
  using table = std::vector<std::uint64_t>; // each with one added: 0 is an empty slot

  static std::size_t place_of(const table& in, std::uint64_t n) noexcept {
    const auto mixed = (n ^ (n >> 29)) * 0x9E3779B97F4A7C15u;
    for (auto at = (mixed ^ (mixed >> 32)) & (in.size() - 1);; at = (at + 1) & (in.size() - 1))
      if (in[at] == 0 || in[at] == n + 1)
        return at;
  }
  void grow() {
    table larger(slots_.empty() ? 64 : 2 * slots_.size());
    for (const auto n : slots_)
      if (n != 0)
        larger[place_of(larger, n - 1)] = n;
    slots_ = std::move(larger);
  }

  table slots_;
  std::size_t size_ = 0;
};

} // namespace weir::inline v0::batch_engine
