// A deadline that has passed is what ends a call, whatever would have come next.
#pragma once

#include <string>

#include <weir/core/error.hpp>
#include <weir/core/scope.hpp>
#include <weir/task/target.hpp>

namespace weir::inline v0 {

inline failure too_late(const target& to) {
  return {errc::deadline_exceeded, "the deadline was reached before " + to.text() + " could be called"};
}

/// For the entry of a layer: what it would run into next, a limit, an open circuit or a suspended key, is no longer the
/// reason.
/// \throws weir::error errc::deadline_exceeded.
inline void throw_if_late(const scope& in, time_point now, const target& to) {
  if (now >= in.deadline())
    throw error(too_late(to));
}

} // namespace weir::inline v0
