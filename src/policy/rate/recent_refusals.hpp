// Which of the calls that passed last were refused. Pure.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>

namespace weir::inline v0 {

/// By the numbers of the calls: in the order in which they passed, whatever order their refusals come in. Calls without
/// a verdict yet that are older than a refused one count as not refused.
class recent_refusals {
public:
  void add(std::uint64_t number) noexcept {
    if (number <= from_)
      return;
    if (number > newest_) {
      bits_ <<= std::min<std::uint64_t>(number - newest_, bits_.size());
      newest_ = number;
    }
    if (newest_ - number < bits_.size())
      bits_.set(newest_ - number);
  }
  /// Calls up to `number` no longer count.
  void forget(std::uint64_t number) noexcept {
    newest_ = from_ = number;
    bits_.reset();
  }

  bool any() const noexcept { return bits_.any(); }
  /// How many of the newest `n` were refused; the newest is a refused one.
  std::size_t among(std::size_t n) const noexcept {
    return n == 0 ? 0 : (bits_ << (bits_.size() - std::min(n, bits_.size()))).count();
  }
  bool all(std::size_t n) const noexcept { return among(n) == n; }
  /// Whether one of the `n` before `number` was refused.
  bool before(std::uint64_t number, std::size_t n) const noexcept {
    const auto later = number > newest_ ? number - newest_ : 0;
    return later < n && among(n - later) > 0;
  }
  /// Whether one in `share` of the newest `of` was refused, or of all that count if they are at least half as many.
  bool one_in(std::size_t share, std::size_t of) const noexcept {
    const auto n = std::min<std::size_t>(newest_ - from_, of);
    return 2 * n >= of && share * among(n) >= n;
  }
  /// The share of the newest `of` that were not refused.
  double served(std::size_t of) const noexcept {
    const auto n = std::clamp<std::size_t>(newest_ - from_, 1, of);
    return 1 - static_cast<double>(among(n)) / static_cast<double>(n);
  }

private:
  std::uint64_t newest_ = 0, from_ = 0;
  std::bitset<256> bits_; // The first is the newest one's.
};

} // namespace weir::inline v0
