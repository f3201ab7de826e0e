// What retries may cost: a quota that successful calls refill.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::inline v0 {

/// Never blocks and never goes below zero or above its capacity (AWS SDKs, standard mode 2.1:
/// no quota, no retry, at once).
/// Thread safety: safe.
class quota_core {
public:
  explicit quota_core(std::uint64_t capacity) noexcept : capacity_(capacity), available_(capacity) {}

  /// Takes `cost` if that much is left.
  bool take(std::uint64_t cost) noexcept {
    auto have = available_.load(std::memory_order_relaxed);
    do {
      if (have < cost) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
    } while (!available_.compare_exchange_weak(have, have - cost, std::memory_order_relaxed));
    granted_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  void give_back(std::uint64_t amount) noexcept {
    auto have = available_.load(std::memory_order_relaxed);
    // A full quota, the usual case, is not written to.
    while (have < capacity_ &&
           !available_.compare_exchange_weak(have, have + (amount < capacity_ - have ? amount : capacity_ - have),
                                             std::memory_order_relaxed)) {
    }
  }

  std::uint64_t capacity() const noexcept { return capacity_; }
  std::uint64_t available() const noexcept { return available_.load(std::memory_order_relaxed); }
  std::uint64_t granted() const noexcept { return granted_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

private:
  const std::uint64_t capacity_;
  std::atomic<std::uint64_t> available_;
  std::atomic<std::uint64_t> granted_{0};
  std::atomic<std::uint64_t> refused_{0};
};

} // namespace weir::inline v0
