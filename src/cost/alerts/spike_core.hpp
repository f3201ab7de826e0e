// Whether someone spends much faster than usual. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace weir::inline v0 {

/// The settings of spike_core. Rates are amounts per five minutes.
struct spike_rule {
  spike_rule() = default;
  double factor = 3;       ///< Of the baseline.
  double deviations = 6;   ///< Above the baseline.
  double floor = 0;        ///< Below it nothing is a spike.
  double cold_factor = 10; ///< Of the floor, while the baseline is not known.
};

/// Compares what was spent in the last five minutes with its own baseline: the mean of the hour before, exponentially
/// weighted (or of a third of an hour, if that is lower: when spending falls for the night, the hour's mean is late),
/// and the standard deviation from it, of three hours and as a multiple of it. It is a spike above `factor` times the
/// baseline, above the baseline and `deviations` deviations, and above the floor; the last two minutes alone are enough
/// for one that is larger by a tenth. It is over when the rate, after five minutes, is below half of that.
///
/// What would raise false alarms is not taken for the baseline, or is known:
/// - an outage (below a tenth of the baseline) hardly lowers the baseline for hours, so that a recovery is no spike;
/// - a spike is counted only as far as the threshold, so that the baseline does not jump, but follows a new level
/// within
///   hours;
/// - a burst at a time of day at which there were bursts on two of the days before, to within a quarter of an hour, is
///   a regular job, unless it is larger by half;
/// - a single amount counts for at most a fifth of the threshold: an expensive call is no spike.
/// Until an hour has been seen, `cold_factor` times the floor is the threshold.
/// Thread safety: none.
class spike_core {
public:
  using time = std::chrono::system_clock::time_point;

  struct spike {
    spike() = default;
    double rate = 0;     ///< Of the last five minutes, or at the pace of the last two if that is higher.
    double baseline = 0; ///< 0 while it is not known.
  };

  explicit spike_core(const spike_rule& rule) noexcept : rule_(rule) {}

  /// `amount` was spent at `now`; a spike that has just begun. A clock that steps back stands still.
  std::optional<spike> note(double amount, time now) noexcept;

  double rate() const noexcept { return rate_; }
  double baseline() const noexcept;
  double threshold() const noexcept { return threshold(1); }
  bool active() const noexcept { return active_; }

private:
  static constexpr std::size_t pieces = 20;    // of 15 s: five minutes
  static constexpr std::size_t day_parts = 96; // of 15 minutes

  /// The highest rates of a part of the day: today's, and the two highest of the days before, which fade.
  struct memory {
    float today = 0, first = 0, second = 0;
    std::int32_t day = 0;
    void begin(std::int32_t now) noexcept;
  };

  std::size_t newest() const noexcept { return static_cast<std::size_t>(piece_) % pieces; }
  void advance(time now) noexcept;
  double threshold(double widen) const noexcept;
  bool above(double regular) const noexcept;
  double short_rate(const std::array<double, pieces>& of) const noexcept;
  void close_piece() noexcept;
  void learn(double rate, bool job) noexcept;
  void remember(std::int64_t piece, double rate) noexcept;
  double regular(std::int64_t piece) const noexcept;

  spike_rule rule_;
  std::array<double, pieces> ring_{};   // the newest at piece_ % pieces
  std::array<double, pieces> capped_{}; // with each amount as far as it counts for an alarm
  std::array<memory, day_parts> days_{};
  std::int64_t piece_ = 0, told_in_ = 0;
  bool begun_ = false, known_ = false, active_ = false;
  std::array<std::uint32_t, pieces> counts_{};
  double rate_ = 0, capped_rate_ = 0; // the sums of both
  double mean_ = 0, quick_ = 0;
  double variation_ = 0; // the square of the standard deviation, in baselines
  double held_ = 0;      // the five minutes before these: not yet learned from
  bool has_held_ = false;
  std::uint32_t learned_ = 0; // periods of five minutes
};

} // namespace weir::inline v0
