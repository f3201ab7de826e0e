// The finish reasons that providers use.
#pragma once

#include <string_view>

#include <weir/task/event.hpp>

namespace weir::inline v0::provider {

enum class ending {
  unknown, ///< Absent, or not known to weir.
  complete,
  length,
  filtered,
  failed, ///< The provider broke off: `error`, `abort`, `network_error`, …
};

/// What a `finish_reason`, `stop_reason` or similar means, regardless of spelling.
ending ending_of(std::string_view reason) noexcept;
/// The corresponding outcome; an unknown reason is `complete`.
outcome outcome_of(ending e) noexcept;
/// The HTTP status equivalent to a reason that means failure; 0 if there is none.
int status_of_ending(std::string_view reason) noexcept;

} // namespace weir::inline v0::provider
