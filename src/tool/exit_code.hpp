// The command's exit codes. Scripts rely on them: they are part of its interface.
#pragma once

#include <weir/core/error.hpp>
#include <weir/task/event.hpp>

namespace weir::inline v0::cli {

enum exit_code : int {
  complete = 0,
  usage_error = 2,
  configuration = 3,
  refused = 4,
  transient = 5,
  deadline = 6,
  broken_off = 7,
  over_budget = 8,
  some_failed = 9,    ///< Of the items of a batch.
  beyond_limits = 10, ///< A benchmark that failed a check, or is not valid.
  hung_up = 129,
  interrupted = 130,
  reader_left = 141,
  terminated = 143,
};

exit_code code_of(const failure& f) noexcept;
exit_code code_of(outcome o, const failure& f) noexcept;

} // namespace weir::inline v0::cli
