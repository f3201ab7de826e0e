// Whether, when and at whose cost a call is tried again. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include <weir/core/backoff.hpp>
#include <weir/core/error.hpp>
#include <weir/policy/retry.hpp>
#include <weir/policy/target_health.hpp>

#include "policy/recover/quota_core.hpp"

namespace weir {

/// What a failure says about another try, apart from attempts, time and quota.
enum class retry_kind : std::uint8_t {
  never,     ///< It would fail again, was ended from this side, or would cost what must not be spent.
  transient, ///< Another try may work.
  throttled, ///< Another try may work, at a slower pace.
};

/// The provider's word (failure::should_retry) wins, but where the failure is not the provider's:
/// keys, configuration, money, certificates, the caller's own end of the call.
retry_kind retry_kind_of(const failure& f) noexcept;

/// One call's retries, up to its first event: what fails later must not come here, because the caller has
/// part of the answer.
///
/// What fails while the target is down is not held against the call: it waits until the target may be up again, and
/// begins anew. Where that is not known yet, a call whose tries or quota are used up waits until it is.
/// Thread safety: none.
class retry_core {
public:
  /// What is to be done: the first three, after the wait; or why the call is not tried again.
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
    duration wait; ///< Before the next try; with `too_long`, what it would have been.
  };

  /// What a try that failed was like.
  class try_result {
  public:
    explicit try_result(const failure& why) noexcept : why(&why) {}
    const failure* why;
    bool maybe_billed = false;
    duration left = duration::max();           ///< Until the deadline; max() without one.
    std::optional<target_health::view> health; ///< Unless the call is not to wait for the target.
    bool paced = false, served_others = false; ///< As in weir::call.
  };

  retry_core(const retry& settings, const backoff& pace) noexcept : settings_(settings), pace_(pace) {}

  /// After a try that failed. `random` is uniform in [0, 1). Takes the next try's cost from `quota`
  /// if, and only if, the verdict is `again`.
  decision after(const try_result& r, double random, quota_core& quota);
  /// The same once more, after the wait of verdict::look_again and with what is known by then.
  decision look(const try_result& r, double random, quota_core& quota) { return decide(r, random, quota); }

  /// How many tries have failed that are held against the call.
  unsigned failures() const noexcept { return failures_; }
  /// What the quota gets back if the try that runs ends well.
  std::uint64_t refund() const noexcept { return refund_; }

private:
  decision decide(const try_result& r, double random, quota_core& quota);
  decision when_up(const try_result& r, double random);
  decision in_doubt(const try_result& r, double random, verdict otherwise);

  retry settings_;
  backoff pace_;
  unsigned failures_ = 0;
  unsigned polls_ = 0, looks_ = 0, turns_ = 0;
  duration waited_{};  ///< For a target that is down.
  duration doubted_{}; ///< For what is not known yet.
  std::uint64_t refund_ = 1;
};

} // namespace weir
