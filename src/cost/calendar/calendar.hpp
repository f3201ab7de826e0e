// Windows that the calendar makes: the minute, hour, day, week or month of a moment.
#pragma once

#include <chrono>

#include <weir/cost/budget.hpp>

#include "cost/calendar/time_zone.hpp"

namespace weir::inline v0 {

/// A window: from the beginning, to before the end.
struct window_bounds {
  using time = std::chrono::system_clock::time_point;

  window_bounds() = default;
  window_bounds(time begin, time end) : begin(begin), end(end) {}
  bool has(time t) const noexcept { return t >= begin && t < end; }

  time begin{}, end{};
};

/// The window of `t`. Windows follow one another without a gap. Days, weeks (from Monday) and months begin with the
/// first moment of their first day, so a day has 23 to 25 hours where clocks are changed. Minutes and hours are cut by
/// a change: each side of it is a window of its own.
/// Moments before 1970 and after 2200 count as those.
window_bounds calendar_window(budget::span kind, const time_zone& zone, window_bounds::time t) noexcept;

/// As far as windows are counted: `t`, or the nearest moment from 1970 to 2200.
window_bounds::time countable(window_bounds::time t) noexcept;

/// The length of a rolling window; a month has 30 days.
std::chrono::seconds length_of(budget::span kind) noexcept;

} // namespace weir::inline v0
