// The ids that a run has seen, in 16 bytes each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/stable_hash.hpp"

namespace weir::inline v0::batch_engine {

/// A set of ids, kept as 128 bits of hash: two ids of a million millions are taken for one with a chance of 10⁻¹⁵.
/// Open addressing; at most 3/4 full.
class id_set {
public:
  id_set() : slots_(64) {}

  /// False if it was there.
  bool insert(std::string_view id) {
    if (4 * (size_ + 1) > 3 * slots_.size())
      grow();
    if (!place(slots_, key_of(id)))
      return false;
    ++size_;
    return true;
  }
  std::size_t size() const noexcept { return size_; }

private:
  using key = std::pair<std::uint64_t, std::uint64_t>;
  static key key_of(std::string_view id) noexcept {
    key k(stable_hash(id, 1), stable_hash(id, 2));
    k.second |= 1; // {0, 0} is an empty slot
    return k;
  }
  static bool place(std::vector<key>& in, key k) {
    for (auto at = k.first & (in.size() - 1);; at = (at + 1) & (in.size() - 1)) {
      if (in[at] == k)
        return false;
      if (in[at] == key()) {
        in[at] = k;
        return true;
      }
    }
  }
  void grow() {
    std::vector<key> larger(2 * slots_.size());
    for (const auto& k : slots_)
      if (k != key())
        place(larger, k);
    slots_ = std::move(larger);
  }

  std::vector<key> slots_;
  std::size_t size_ = 0;
};

} // namespace weir::inline v0::batch_engine
