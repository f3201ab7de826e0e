// What came in the last seconds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <weir/core/time.hpp>

namespace weir::inline v0 {

/// The sum of what was added within the last 10 seconds, to a quarter of a second. Times may not go back.
class recent_sum {
public:
  static constexpr duration span = std::chrono::seconds(10);

  void add(time_point now, std::uint64_t n) noexcept {
    move_to(now);
    slots_[at_ % slots_.size()] += n;
  }
  std::uint64_t at(time_point now) const noexcept {
    recent_sum moved = *this;
    moved.move_to(now);
    std::uint64_t sum = 0;
    for (const auto n : moved.slots_)
      sum += n;
    return sum;
  }

private:
  static constexpr duration slot = std::chrono::milliseconds(250);

  void move_to(time_point now) noexcept {
    const auto to = static_cast<std::uint64_t>(now.time_since_epoch() / slot);
    if (to <= at_)
      return;
    for (std::uint64_t i = 0; i != slots_.size() && at_ + i < to; ++i)
      slots_[(at_ + i + 1) % slots_.size()] = 0;
    at_ = to;
  }

  std::array<std::uint64_t, 40> slots_{};
  std::uint64_t at_ = 0;
};

} // namespace weir::inline v0
