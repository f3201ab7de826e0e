// How far a job is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// A report on a job that takes its time at the provider.
class progress {
public:
  progress() = default;

  enum class stage : unsigned char {
    submitted, ///< The provider took it.
    queued,    ///< It waits for its turn.
    running,
    downloading, ///< It is done; its result is on the way.
  };

  stage at = stage::submitted;
  std::string job;                       ///< The provider's id of it.
  std::string status;                    ///< As the provider words it.
  std::optional<std::uint64_t> position; ///< In the queue, where told.
  std::optional<double> fraction;        ///< 0 … 1, where told.
  std::string log;                       ///< New lines of the job's log, where told.
  std::uint64_t bytes = 0;               ///< Downloaded so far.
  std::optional<std::uint64_t> total;    ///< Of that, where told.
};

/// `submitted`, `queued`, …
std::string_view name_of(progress::stage) noexcept;

} // namespace weir
