// What is said when a journal takes nothing more.
#pragma once

#include <weir/core/error.hpp>
#include <weir/store/journal.hpp>

namespace weir::inline v0::batch_engine {

inline failure no_longer_saved(const journal& to) {
  const auto why = to.failure();
  return failure(errc::not_saved,
                 (why ? why.message() : "the results can no longer be written to the journal " + to.path()) +
                     ": make room, and run the job again");
}

} // namespace weir::inline v0::batch_engine
