// Whether the load generator was the bottleneck. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/time.hpp>

namespace weir::inline v0::trust {

/// How the load generator itself did in a window.
class health {
public:
  health() = default;
  std::uint64_t meant = 0, sent = 0; ///< Requests that were meant to start in it, and of those the ones sent at all.
  duration send_delay{};             ///< The 99th percentile; without what the load's own limits made wait.
  duration loop_lag{};               ///< The longest: how late a timer of the event loop fired.
  double cpu = 0;                    ///< Of one core, of the busiest thread that runs calls.
  double machine = 0;                ///< Of all cores, of every process.
  std::uint64_t retries = 0, calls = 0;

  friend bool operator==(const health&, const health&) = default;
};

/// From where on a window tells more about the load generator than about the target.
class thresholds {
public:
  thresholds() = default;
  duration send_delay = std::chrono::milliseconds(10);
  duration loop_lag = std::chrono::milliseconds(50);
  double cpu = 0.9, machine = 0.98;
  double windows = 0.1; ///< A run with a greater share of such windows is invalid.

  friend bool operator==(const thresholds&, const thresholds&) = default;
};

enum class weakness {
  send_delay, ///< Requests were sent late.
  loop_lag,   ///< The event loop stood still.
  cpu,        ///< The thread of the load generator was busy all the time.
  machine,    ///< The machine was.
  retries,    ///< Calls were tried again, which hides failures and adds load. Only told: it invalidates nothing.
};
inline constexpr std::size_t weaknesses = 5;
const char* name_of(weakness w) noexcept;

/// What is wrong with a window; empty: it is valid.
std::vector<weakness> weaknesses_of(const health& h, const thresholds& t);

/// The verdict on a run.
class verdict {
public:
  verdict() = default;
  bool valid = true;
  std::uint64_t windows = 0, invalid = 0;
  /// How many windows each weakness struck, by its place.
  std::vector<std::uint64_t> struck = std::vector<std::uint64_t>(weaknesses);
  /// In one sentence, for the first line of a report.
  std::string text() const;
};

verdict judge(const std::vector<health>& windows, const thresholds& t);

} // namespace weir::inline v0::trust
