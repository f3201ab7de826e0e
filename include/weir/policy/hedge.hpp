// A second request for a call whose first token is late.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// When a call is sent a second time while the first request still runs (Dean and Barroso, "The
/// Tail at Scale", 2013). The first leg to deliver an event wins and the other is cancelled: its attempt stays in the
/// call's record, and may have been charged. Off by default.
///
///     weir::hedge().after_p95().max_extra_load(0.05)
///
/// Extra requests have a budget of their own per target: every call deposits `max_extra_load` of a request, every hedge
/// withdraws a whole one, and deposits that are not used within ten seconds expire. There is no reserve: the added load
/// never exceeds the setting.
class hedge {
public:
  hedge() = default;

  /// Hedges when there is no first token (if it is not streamed: no response) after `v`, at least 1 ms.
  hedge&& after(duration v) && { return std::move(after(v)); }
  hedge& after(duration v) & {
    after_ = v;
    on_ = true;
    adaptive_ = false;
    return *this;
  }
  /// Hedges after the 95th percentile of the target's own times to the first token, at least 1 ms,
  /// once there are min_samples() of them within window(); never before.
  hedge&& after_p95() && { return std::move(after_p95()); }
  hedge& after_p95() & {
    on_ = adaptive_ = true;
    return *this;
  }

  /// Extra requests per request, 0 … 1. Default: 0.1.
  WEIR_VALUE(hedge, double, max_extra_load)
  /// How many samples the percentile needs, 1 … 1024. Default: 20.
  WEIR_VALUE(hedge, std::size_t, min_samples)
  /// How old a sample may be; of those, the newest 1024 count. Default: 1 minute.
  WEIR_VALUE(hedge, duration, window)

  bool enabled() const noexcept { return on_; }
  bool adaptive() const noexcept { return adaptive_; }
  /// The fixed delay; meaningless if adaptive().
  duration delay() const noexcept { return after_; }

  /// \throws weir::error errc::invalid_configuration naming the field below `path`.
  void check(std::string_view path) const;

private:
  duration after_{};
  double max_extra_load_ = 0.1;
  std::size_t min_samples_ = 20;
  duration window_ = std::chrono::minutes(1);
  bool on_ = false;
  bool adaptive_ = false;
};

/// The hedging state of one target.
struct hedge_state {
  hedge_state() = default;
  std::string id; ///< target::model_id(), and whether answers are streamed.
  std::uint64_t calls = 0;
  std::uint64_t hedges = 0;  ///< Second legs that were started.
  std::uint64_t refused = 0; ///< Second legs that the budget did not allow.
  double budget = 0;         ///< How many hedges it allows now.
  std::size_t samples = 0;
  duration p95{}; ///< Zero while there are too few samples.
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
