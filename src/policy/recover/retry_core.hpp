// Whether, when and at what cost a call is retried. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include <weir/core/backoff.hpp>
#include <weir/core/error.hpp>
#include <weir/policy/retry.hpp>
#include <weir/policy/target_health.hpp>

#include "policy/recover/quota_core.hpp"

namespace weir::inline v0 {

/// What a failure means for another try, apart from attempts, time and quota.
enum class retry_kind : std::uint8_t {
  never,     ///< It would fail again, was ended locally, or would cost what must not be spent.
  transient, ///< Another try may succeed.
  throttled, ///< Another try may succeed, at a slower pace.
};

/// The provider's verdict (failure::should_retry) wins, unless the failure is not the provider's to judge: keys,
/// configuration, quota, certificates, and calls that the caller ended.
retry_kind retry_kind_of(const failure& f) noexcept;

/// One call's retries, up to its first event: later failures must not come here, because the caller has part of the
/// answer.
///
/// Failures while the target is down do not count against the call: it waits until the target may be up again, and
/// starts over. While that is not known yet, a call whose tries or quota are used up waits until it is.
/// Thread safety: none.
class retry_core {
public:
  /// What to do: the first three, after the wait; the others say why the call is not tried again.
  enum class verdict : std::uint8_t {
    again,      ///< Another try.
    when_up,    ///< Another try, which costs nothing: the target is down, and may be up again by then.
    look_again, ///< Another decision, look().
    not_retryable,
    attempts,
    billed,
    too_long,
    no_quota,
  };

  class decision {
  public:
    decision(verdict what, duration wait) noexcept : what(what), wait(wait) {}
    verdict what;
    duration wait; ///< Before the next try; with `too_long`, how long it would have been.
  };

  /// The circumstances of a failed try.
  class try_result {
  public:
    explicit try_result(const failure& why) noexcept : why(&why) {}
    const failure* why;
    bool maybe_billed = false;
    duration left = duration::max();           ///< Until the deadline; max() without one.
    std::optional<target_health::view> health; ///< Set if the call may wait for the target.
    bool paced = false, served_others = false; ///< As in weir::call.
  };

  retry_core(const retry& settings, const backoff& pace) noexcept : settings_(settings), pace_(pace) {}

  /// After a try that failed. `random` is uniform in [0, 1). Takes the next try's cost from `quota`
  /// if, and only if, the verdict is `again`.
  decision after(const try_result& r, double random, quota_core& quota);
  /// The same decision again, after the wait of verdict::look_again and with what is known by then.
  decision look(const try_result& r, double random, quota_core& quota) { return decide(r, random, quota); }

  /// How many failed tries count against the call.
  unsigned failures() const noexcept { return failures_; }
  /// What the quota gets back if the current try succeeds.
  std::uint64_t refund() const noexcept { return refund_; }

private:
  decision decide(const try_result& r, double random, quota_core& quota);
  decision when_up(const try_result& r, double random);
  decision in_doubt(const try_result& r, double random, verdict otherwise);

  retry settings_;
  backoff pace_;
  unsigned failures_ = 0;
  unsigned polls_ = 0, looks_ = 0, turns_ = 0;
  duration waited_{};  ///< Waiting for a target that is down.
  duration doubted_{}; ///< Waiting for what is not known yet.
  std::uint64_t refund_ = 1;
};

} // namespace weir::inline v0
