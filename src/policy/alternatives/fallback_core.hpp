// What falling back decides: who is called, for how long, on what, and what is said when all failed.
#pragma once

#include <vector>

#include <weir/core/error.hpp>
#include <weir/policy/fallback.hpp>

namespace weir {

/// Whether a failure is about the target rather than about the request or the caller.
bool about_target(const error_code& ec) noexcept;

/// Thread safety: immutable.
class fallback_core {
public:
  explicit fallback_core(fallback s) : settings_(std::move(s)) {}

  /// The targets of a call, its own one first, each once.
  std::vector<target> plan(const target& own) const;

  /// How long a target may take to its first event, with `rest` targets not called yet, itself
  /// among them (≥ 1): all of `left` for the last one, else `left` · max(first_share, 1 / rest), at
  /// most the patience. `left` of duration::max() is no deadline.
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

/// The failure of a call whose targets all failed (at least one): one line that names each. Its code
/// is that of the failure which says most about what to do: the one that can be tried again
/// soonest, if any can, else the first. `verdict`: the last failure was about the request or the
/// call's deadline, and decides.
failure all_failed(const std::vector<failed_target>& tried, bool verdict);

} // namespace weir
