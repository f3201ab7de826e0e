// Counts what happens in a batch.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <weir/batch/progress.hpp>
#include <weir/batch/result.hpp>

#include "batch/report/duration_histogram.hpp"
#include "batch/report/recent_sum.hpp"

namespace weir::inline v0 {

/// The numbers of a batch, fed with what happens and when. An item is read(); then it is done_at_once(), or started(),
/// called() for its call, and either again(), which leads to restarted(), or done().
/// Thread safety: none.
class batch_tally {
public:
  /// run() begins.
  explicit batch_tally(time_point now) : begun_(now) {}

  /// How many items there are in all, once that is known.
  void total(std::optional<std::uint64_t> n) noexcept { sum_.total = n; }
  void read() noexcept { ++sum_.read; }
  void started() noexcept { ++sum_.in_flight; }
  /// A call has ended. `r` describes this call alone: its attempts, usage and cost, not the item's sums.
  void called(const batch_result& r, time_point now);
  /// The item in flight will be asked again later.
  void again() noexcept {
    --sum_.in_flight;
    ++sum_.again;
  }
  void restarted() noexcept {
    --sum_.again;
    ++sum_.in_flight;
  }
  /// The item in flight has its final result.
  void done(const batch_result& r, time_point now);
  /// An item has one that was never in flight: of an earlier run, of an equal item, or it could not be asked.
  void done_at_once(const batch_result& r);
  /// Nothing is in flight, nor started before this time; empty: it goes on.
  void held(std::optional<time_point> until) noexcept { held_until_ = until; }
  /// An item in flight is given up without a result.
  void given_up() noexcept { --sum_.in_flight; }

  batch_progress progress(time_point now) const;
  /// \param stopped see batch_report.
  batch_report report(time_point now, std::string stopped) const;

private:
  void settle(const batch_result& r);
  void count_failure(const batch_result& r);
  void keep_if_slow(const batch_result& r);

  time_point begun_;
  batch_progress sum_; // without what depends on the time, and without the failures
  std::map<std::string, batch_failure_kind> failures_;
  std::uint64_t settled_ = 0; // in this run, by calls
  std::optional<time_point> held_until_;
  recent_sum recent_calls_, recent_tokens_, recent_settled_;
  duration_histogram took_, first_token_;
  std::vector<std::pair<std::string, duration>> slowest_;
};

} // namespace weir::inline v0
