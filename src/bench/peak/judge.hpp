// Whether a target keeps up with a load. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <weir/core/time.hpp>

#include "bench/stats/confidence.hpp"

namespace weir::inline v0::peak {

/// What a stretch of a probe came to.
class probe_window {
public:
  probe_window() = default;
  duration length{};
  std::uint64_t offered = 0;  ///< Requests that were meant to start in it.
  std::uint64_t answered = 0; ///< Complete answers that ended in it, whenever their requests began.
  std::uint64_t judged = 0;   ///< Requests that began in it and have ended, or are too late already.
  std::uint64_t good = 0;     ///< Of these, those within every limit. A failure is none.
  std::uint64_t early_judged = 0, early_good = 0; ///< Of those that began in its first fifth.
  std::uint64_t throttled = 0;                    ///< Turned away: 429, 503 or 529.
  std::vector<double> in_flight;                  ///< Sampled at equal distances.
};

/// What a target is asked for.
class goal {
public:
  goal() = default;
  double good_share = 0.95;      ///< At least so many requests within the limits.
  double answered_share = 0.95;  ///< At least so many answered as offered.
  double throttled_share = 0.01; ///< At most so many turned away.
};

enum class answer {
  keeps_up,
  breaks,
  unresolved, ///< Too few requests to tell.
};

/// What broke first, in the order of what explains the rest.
enum class cause {
  none,
  throttled, ///< The server sheds load.
  late,      ///< Too many beyond the limits, or failed.
  behind,    ///< Fewer answers than requests.
  queueing,  ///< The requests in flight grow without an end in sight.
};
const char* name_of(cause c) noexcept;

class judgement {
public:
  judgement() = default;
  answer result = answer::unresolved;
  cause why = cause::none;
  confidence::range good;    ///< Where the share within the limits lies.
  double good_share = 0;     ///< As it was seen.
  double answered_share = 0; ///< Answers over requests offered, without the first window of several.
  double throttled_share = 0;
};

/// Judges all windows of a probe so far. Of several windows the first is only a run-in for the rates: it has requests
/// without the answers to earlier ones.
judgement judge(const std::vector<probe_window>& windows, const goal& wanted);

} // namespace weir::inline v0::peak
