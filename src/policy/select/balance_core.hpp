// Which of several equivalent targets is next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <weir/policy/routing.hpp>

namespace weir::inline v0 {

/// Targets by their place in the list. Thread safety: none.
class balance_core {
public:
  /// Consecutive failures after which a target has to recover slowly.
  static constexpr unsigned down = 3;
  /// The minimum share of a recovering target: it must be called to be measured.
  static constexpr double least_share = 0.05;

  explicit balance_core(const routing& s);

  /// Picks a target and counts a call in flight there. `first` and `second` are uniform in [0, 1).
  std::size_t pick(time_point now, double first, double second);
  /// Picks the target at which calls with this key (a hash) stay, and counts a call there: the best one by weighted
  /// rendezvous hashing that is not among the `tried`, which are fewer than all. A few failures move nothing; of a
  /// target that is down, or recovers, calls move away in proportion to its share, and none of another target's do.
  std::size_t pick_kept(time_point now, std::uint64_t key, const std::vector<std::size_t>& tried);
  /// Picks the best target that is not among the `tried`, which are fewer than all, and counts a call there.
  std::size_t pick_other(time_point now, const std::vector<std::size_t>& tried);
  /// A call's first token, or complete response, arrived after `took`.
  void first_token(std::size_t target, duration took, time_point now);

  enum class verdict : std::uint8_t { good, bad, none };
  /// A picked call has ended, or was served elsewhere.
  void ended(std::size_t target, verdict v, time_point now);

  /// What is left of the weight, 0 … 1.
  double share(std::size_t target, time_point now) const;
  /// The decayed peak, in seconds.
  double peak(std::size_t target, time_point now) const;
  routing_state state(std::size_t target, time_point now) const;
  std::size_t size() const noexcept { return all_.size(); }

private:
  class entry {
  public:
    entry(double weight, std::uint64_t identity) : weight(weight), identity(identity) {}
    double weight;
    std::uint64_t identity; // a hash, whatever its place in the list
    std::size_t in_flight = 0;
    double peak = 0; // seconds, as it was at `measured`
    time_point measured{};
    bool known = false;
    unsigned failures = 0;
    time_point failed{};
    time_point back{}; // when it first succeeded again
    bool ramping = false;
    std::uint64_t picked = 0;
  };
  double cost(std::size_t target, time_point now) const;
  double pull(std::size_t target, std::uint64_t key, time_point now) const;
  std::size_t counted(std::size_t target);
  double slowest(time_point now) const;
  std::size_t by_weight(time_point now, double random) const;
  std::size_t least(time_point now, double random) const;
  std::size_t better_of_two(time_point now, double first, double second) const;

  routing::strategy by_;
  duration decay_;
  duration ramp_;
  std::vector<entry> all_;
};

} // namespace weir::inline v0
