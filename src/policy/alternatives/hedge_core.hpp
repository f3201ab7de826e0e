// When to hedge, and whether there is budget for it: one target's state.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <weir/policy/hedge.hpp>

namespace weir::inline v0 {

/// Deposits of a fraction per call, withdrawals of one per hedge, no reserve (Finagle's retry
/// budget). Deposits live in ten slots of a second each and are spent oldest first, so what is withdrawn was deposited
/// within the last ten seconds, and nothing is withdrawn twice.
class hedge_budget {
public:
  explicit hedge_budget(double ratio) noexcept;

  void deposit(time_point now) noexcept;
  bool withdraw(time_point now) noexcept;
  /// In hedges.
  double balance(time_point now) const noexcept;

private:
  static constexpr std::size_t slots = 10;
  static constexpr std::uint64_t whole = 1'000'000; // a hedge; integers cannot drift
  static std::int64_t second(time_point now) noexcept;
  bool live(std::size_t slot, std::int64_t now) const noexcept;

  std::uint64_t share_;
  std::array<std::uint64_t, slots> amounts_{};
  std::array<std::int64_t, slots> seconds_{};
};

/// The exact 95th percentile (nearest rank) of the newest samples within a window of time.
class p95_window {
public:
  p95_window(duration window, std::size_t capacity) : window_(window), capacity_(capacity) {}

  void add(duration sample, time_point now);
  void expire(time_point now);
  std::size_t size() const noexcept { return sorted_.size(); }
  /// Of the samples in the window, which must not be empty.
  duration p95() const noexcept;

private:
  class sample {
  public:
    sample(time_point at, duration took) noexcept : at(at), took(took) {}
    time_point at;
    duration took;
  };
  void drop_oldest();

  duration window_;
  std::size_t capacity_;
  std::deque<sample> order_;
  std::vector<duration> sorted_;
};

/// Thread safety: none.
class hedge_core {
public:
  static constexpr duration floor = std::chrono::milliseconds(1);
  static constexpr std::size_t max_samples = 1024;

  explicit hedge_core(const hedge& s);

  /// A call begins: pays into the budget. Returns how long to wait before the second leg; empty: there will be none.
  std::optional<duration> begin(time_point now);
  /// The delay has passed: whether the second leg may begin; if so, it is paid from the budget.
  bool withdraw(time_point now);
  /// How long a leg took to its first token; for a leg that lost, how long it had run.
  void took(duration d, time_point now);

  hedge_state state(time_point now) const;

private:
  hedge settings_;
  hedge_budget budget_;
  p95_window window_;
  std::uint64_t calls_ = 0;
  std::uint64_t hedges_ = 0;
  std::uint64_t refused_ = 0;
};

} // namespace weir::inline v0
