// How much may be sent to a provider per minute and per day.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Which of a call's tokens a provider counts against its limit.
enum class counted_tokens : std::uint8_t { all, prompt, completion };

/// A client-side rate limit, per key and model, that keeps calls below the provider's.
///
/// A call reserves one request and its estimated tokens in all limits at once, before it is sent,
/// and is settled with what it really used when its answer has completed. An answer that broke off gives nothing back.
/// No span of a minute (a day) sees more granted than the limit, which satisfies sliding windows, fixed windows and
/// token buckets alike; a hundredth of the window is a margin, because calls do not all take equally long to arrive.
///
/// Calls wait in order, interactive calls before batch calls. One that cannot be served before its deadline fails at
/// once with errc::limit_reached, whose retry_after() is the wait; one that is larger than a limit with
/// errc::invalid_argument.
///
/// The gate: if the provider answers 429 all the same, every call with that key and model is held back until the time
/// it named (without one, for a growing time), and then one call goes first.
class rate_limit {
public:
  rate_limit() = default;

  /// In any 60 s; 0: no limit. Default: 0.
  WEIR_FIELD(rate_limit, std::uint64_t, requests_per_minute)
  WEIR_FIELD(rate_limit, std::uint64_t, tokens_per_minute)
  /// In any 24 h; 0: no limit. Default: 0.
  WEIR_FIELD(rate_limit, std::uint64_t, requests_per_day)
  WEIR_FIELD(rate_limit, std::uint64_t, tokens_per_day)
  /// Default: all, the prompt's and the completion's.
  WEIR_FIELD(rate_limit, counted_tokens, counted)
  /// The share of what is granted that batch calls get while interactive ones wait too; above 0, below 1.
  /// Default: 0.1.
  WEIR_FIELD(rate_limit, double, batch_share)
  /// Calls that may wait, per key and model; more fail at once with errc::limit_reached. Default: 10,000.
  WEIR_FIELD(rate_limit, std::size_t, max_waiting)
  /// Whether response headers may lower the limits above; they never raise them. Without limits nothing is learned.
  /// Default: true.
  WEIR_FIELD(rate_limit, bool, learn)
  /// Whether a 429 holds back all calls with its key and model. Default: true.
  WEIR_FIELD(rate_limit, bool, gate)
  /// The longest time that one 429 holds them back, whatever its retry-after says. Default: 1 h.
  WEIR_FIELD(rate_limit, duration, longest_gate)
  /// Count a key's models together: for providers whose limits are per key. Default: false.
  WEIR_FIELD(rate_limit, bool, models_together)

  bool limited() const noexcept {
    return requests_per_minute_ || tokens_per_minute_ || requests_per_day_ || tokens_per_day_;
  }
  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  std::uint64_t requests_per_minute_ = 0, tokens_per_minute_ = 0, requests_per_day_ = 0, tokens_per_day_ = 0;
  counted_tokens counted_ = counted_tokens::all;
  double batch_share_ = 0.1;
  std::size_t max_waiting_ = 10'000;
  bool learn_ = true;
  bool gate_ = true;
  duration longest_gate_ = std::chrono::hours(1);
  bool models_together_ = false;
};

/// The state of the limits of one key and model.
struct rate_limit_state {
  /// One limit; `limit` is 0 if there is none. What was learned from headers is included.
  struct quota {
    quota() = default;
    std::uint64_t limit = 0;
    std::uint64_t used = 0; ///< Within the window; above the limit if answers took more than estimated.
  };

  rate_limit_state() = default;
  std::string id; ///< Of the origin, the key's name and the model; never the key.
  quota requests_per_minute, tokens_per_minute, requests_per_day, tokens_per_day;
  std::size_t waiting_interactive = 0;
  std::size_t waiting_batch = 0;
  /// Until the gate lets a call through; zero if it is open.
  duration suspended{};
  std::uint64_t throttled = 0; ///< 429s since the start.
  std::uint64_t refused = 0;   ///< Calls that were not allowed to wait, since the start.
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
