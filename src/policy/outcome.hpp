// Which answers are whole.
#pragma once

#include <weir/task/event.hpp>

namespace weir {

/// Whether an answer came to the end that the provider meant: what pays quotas back, settles reservations and
/// speaks for a target. A filter's word is an answer too.
constexpr bool succeeded(outcome o) noexcept {
  return o == outcome::complete || o == outcome::length || o == outcome::filtered;
}

} // namespace weir
