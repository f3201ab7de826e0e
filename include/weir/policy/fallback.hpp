// Other targets for a call whose own target fails.
#pragma once

#include <cstddef>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/target.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Where a call goes when the target it names fails: to each of these in turn, until one delivers a first event (if it
/// is not streamed: a response).
///
///     weir::fallback().to(weir::target("cerebras/llama-3.3-70b")).to(weir::target("openai/gpt-4o-mini"))
///
/// The call's one deadline is split: each target but the last one gets the larger of an equal part and first_share() of
/// the time that is left, so the next one always has a chance; the last one gets all of it. A target that uses up its
/// part fails with first_token_timeout. From the first event on, the answer has the whole deadline. A target equal to
/// the call's own is not called twice.
class fallback {
public:
  fallback() = default;

  /// A further target. Empty fields are the call's own: see merged().
  fallback&& to(target v) && { return std::move(to(std::move(v))); }
  fallback& to(target v) & {
    targets_.push_back(std::move(v));
    return *this;
  }
  /// Replaces the targets.
  WEIR_SETTER(fallback, std::vector<target>, targets, targets_ = std::move(v))
  const std::vector<target>& targets() const noexcept { return targets_; }

  /// Adds a failure to fall back on; what is added this way replaces the default. The default is every failure
  /// that is about the target and not about the request: transient, throttled, quota_exhausted and truncated, a first
  /// token or a response that does not arrive, a key that is missing or not accepted, a model that does not exist or is
  /// paused, and a response that violates the protocol. Never on a cancellation or the call's own deadline.
  fallback&& on(condition v) && { return std::move(on(v)); }
  fallback& on(condition v) & {
    conditions_.insert(v);
    return *this;
  }
  fallback&& on(errc v) && { return std::move(on(v)); }
  fallback& on(errc v) & {
    codes_.insert(v);
    return *this;
  }
  const std::set<condition>& conditions() const noexcept { return conditions_; }
  const std::set<errc>& codes() const noexcept { return codes_; }

  /// The part of the time left that a target gets if that is more than an equal part; at least 0, less than 1. Default:
  /// 0.5.
  WEIR_VALUE(fallback, double, first_share)
  /// How long any target but the last one may take to its first event, whatever the deadline; zero: no such limit.
  /// Default: zero.
  WEIR_VALUE(fallback, duration, patience)
  /// Resumes an answer that breaks off after text was delivered: the next target that supports prefill() continues the
  /// text so far by assistant prefill. Text only: not after tool calls or reasoning, and not with more than one choice.
  /// An event::kind::continued marks the boundary; what the next target sends is appended unchanged. Both parts are
  /// charged. Default: off.
  WEIR_VALUE(fallback, bool, resume_interrupted)
  /// How often one answer may be resumed, 1 … 16. Default: 1.
  WEIR_VALUE(fallback, std::size_t, max_continuations)

  bool enabled() const noexcept { return !targets_.empty() || resume_interrupted_; }

  /// \throws weir::error errc::invalid_configuration naming the field below `path`.
  void check(std::string_view path) const;

private:
  std::vector<target> targets_;
  std::set<condition> conditions_;
  std::set<errc> codes_;
  double first_share_ = 0.5;
  duration patience_{};
  bool resume_interrupted_ = false;
  std::size_t max_continuations_ = 1;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
