// The progress of a job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// A progress report on a long-running job at the provider.
struct progress {
  progress() = default;

  enum class stage : unsigned char {
    submitted, ///< The provider accepted it.
    queued,    ///< It waits for its turn at the provider.
    running,
    downloading, ///< It is done; its result is being downloaded.
  };

  stage at = stage::submitted;
  std::string job;                       ///< The provider's id of it.
  std::string status;                    ///< As the provider words it.
  std::optional<std::uint64_t> position; ///< In the queue, if reported.
  std::optional<double> fraction;        ///< 0 … 1, if reported.
  std::string log;                       ///< New lines of the job's log, if reported.
  std::uint64_t bytes = 0;               ///< Downloaded so far.
  std::optional<std::uint64_t> total;    ///< Of that, if reported.
};

/// `submitted`, `queued`, …
std::string_view name_of(progress::stage) noexcept;

WEIR_END_NAMESPACE
