// Which answers count as completed.
#pragma once

#include <weir/task/event.hpp>

namespace weir::inline v0 {

/// Whether an answer ended the way the provider intended: then it refills quotas, settles reservations and counts in a
/// target's favour. A filtered answer is an answer too.
constexpr bool succeeded(outcome o) noexcept {
  return o == outcome::complete || o == outcome::length || o == outcome::filtered;
}

} // namespace weir::inline v0
