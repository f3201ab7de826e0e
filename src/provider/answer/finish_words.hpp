// The words in which providers say how an answer ended.
#pragma once

#include <string_view>

#include <weir/task/event.hpp>

namespace weir::provider {

enum class ending {
  unknown, ///< A word that weir does not know, or none.
  complete,
  length,
  filtered,
  failed, ///< The provider broke off: `error`, `abort`, `network_error`, …
};

/// What a `finish_reason`, `stop_reason` or the like means, however it is spelt.
ending ending_of(std::string_view reason) noexcept;
/// The same as an outcome; an unknown word is `complete`.
outcome outcome_of(ending e) noexcept;
/// The HTTP status that would have said the same as a word that means failure; 0 where none does.
int status_of_ending(std::string_view reason) noexcept;

} // namespace weir::provider
