// What keeps a job of live calls from going faster.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <weir/batch/progress.hpp>
#include <weir/client/inspection.hpp>

#include "batch/report/words.hpp"

namespace weir::inline v0::cli {

/// What is known when that is asked.
class job_moment {
public:
  job_moment() = default;
  inspection client;
  batch_progress job;
  std::size_t most_in_flight = 0;
  bool throttled = false; ///< The provider has answered 429, or that it is overloaded, within the last seconds.
  bool ending = false;    ///< Nothing further is started.
  failure last_failure;   ///< Of a call.
  duration silent{};      ///< Since an answer came, or calls were begun.
  std::chrono::system_clock::time_point now;
};

/// The one reason that explains the most.
hold hold_of(const job_moment& m);

/// On the user's clock: `14:05`, `Nov 30 14:05` if that is another day.
std::string clock_text(std::chrono::system_clock::time_point at, std::chrono::system_clock::time_point now);

} // namespace weir::inline v0::cli
