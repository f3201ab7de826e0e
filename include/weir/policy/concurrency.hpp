// How many calls may run at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/time.hpp>

namespace weir {

/// A limit on the calls that run at once, per key and model. A call runs until its answer has ended.
/// Others wait in their order, interactive ones before batch ones.
///
/// The adaptive limit finds out by itself what the provider bears: it doubles from round to round, until the
/// provider throttles (429, 503, 529) or first tokens come later and later. Throttling takes a fifth off, once
/// per episode: calls that were on their way before the cut cut no further. Then the limit comes back near to
/// where it was cut, and from there grows by one per round. What throttles where more calls were borne before
/// happens at any concurrency: it counts only as a fifth of the calls, and so do other 5xx, which stop
/// the growth for a while. How long a whole
/// answer takes never matters, for that depends on the question.
class concurrency {
public:
  concurrency() = default;

#define WEIR_FIELD(type, name)                                                                                         \
  concurrency&& name(type v)&& {                                                                                       \
    name##_ = std::move(v);                                                                                            \
    return std::move(*this);                                                                                           \
  }                                                                                                                    \
  concurrency& name(type v)& {                                                                                         \
    name##_ = std::move(v);                                                                                            \
    return *this;                                                                                                      \
  }                                                                                                                    \
  const type& name() const noexcept { return name##_; }
  /// A fixed limit; 0: none. Not together with `adaptive`. Default: 0.
  WEIR_FIELD(std::size_t, limit)
  /// Default: false.
  WEIR_FIELD(bool, adaptive)
  /// Where an adaptive limit begins, and between what it stays. Default: 8, 1 and 1024.
  WEIR_FIELD(std::size_t, initial)
  WEIR_FIELD(std::size_t, min)
  WEIR_FIELD(std::size_t, max)
  /// The least time between two cuts, and for how long many 5xx stop the growth. Default: 15 s.
  WEIR_FIELD(duration, episode)
  /// First tokens that take this many times as long as they used to are a sign of too many calls; above 1.
  /// Default: 2.
  WEIR_FIELD(double, slow_first_token)
  /// The share of the permits that batch calls get while interactive ones wait too; above 0, below 1.
  /// Default: 0.1.
  WEIR_FIELD(double, batch_share)
  /// Calls that may wait, per key and model; more fail at once with errc::pool_exhausted. Default: 10,000.
  WEIR_FIELD(std::size_t, max_waiting)
#undef WEIR_FIELD

  bool limited() const noexcept { return limit_ > 0 || adaptive_; }
  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  std::size_t limit_ = 0;
  bool adaptive_ = false;
  std::size_t initial_ = 8, min_ = 1, max_ = 1024;
  duration episode_ = std::chrono::seconds(15);
  double slow_first_token_ = 2;
  double batch_share_ = 0.1;
  std::size_t max_waiting_ = 10'000;
};

/// How the concurrency of one key and model stands.
class concurrency_state {
public:
  concurrency_state() = default;
  std::string id; ///< Of the origin, the key's name and the model; never the key.
  std::size_t limit = 0;
  std::size_t running = 0;
  std::size_t waiting_interactive = 0;
  std::size_t waiting_batch = 0;
  std::uint64_t cuts = 0;    ///< How often an adaptive limit was lowered, since the start.
  std::uint64_t refused = 0; ///< Calls that were not let wait, since the start.
};

} // namespace weir
