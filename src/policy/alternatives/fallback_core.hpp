// The decisions of a fallback: which target is called, for how long, after which failure, and what is reported when all
// failed.
#pragma once

#include <vector>

#include <weir/core/error.hpp>
#include <weir/policy/fallback.hpp>

namespace weir::inline v0 {

/// Whether a failure is about the target rather than about the request or the caller.
bool about_target(const error_code& ec) noexcept;

/// Thread safety: immutable.
class fallback_core {
public:
  explicit fallback_core(fallback s) : settings_(std::move(s)) {}

  /// The targets of a call, its own first, each once.
  std::vector<target> plan(const target& own) const;

  /// How long a target may take to its first event, with `rest` targets not called yet, itself
  /// among them (≥ 1): all of `left` for the last one, else `left` · max(first_share, 1 / rest), at most the patience.
  /// A `left` of duration::max() means no deadline.
  duration share(duration left, std::size_t rest) const noexcept;

  bool falls_back_on(const error_code& ec) const;

  const fallback& settings() const noexcept { return settings_; }

private:
  fallback settings_;
};

/// A target and how it failed.
class failed_target {
public:
  failed_target(target to, weir::failure why) : to(std::move(to)), why(std::move(why)) {}
  target to;
  weir::failure why;
};

/// The failure of a call whose targets all failed (at least one): one line that names each. Its code is that of the
/// failure which says most about what to do next: the one that can be retried soonest, if any can, otherwise the first.
/// `verdict`: the last failure was about the request or the call's deadline, and decides.
failure all_failed(const std::vector<failed_target>& tried, bool verdict);

} // namespace weir::inline v0
