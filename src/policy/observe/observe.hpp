// The outermost layer: fills a call's record and notifies the observers.
#pragma once

#include <memory>
#include <vector>

#include <weir/policy/handler.hpp>
#include <weir/policy/observe/observe.hpp>

namespace weir::inline v0 {

/// The record is filled even without observers.
layer make_observe(std::vector<std::shared_ptr<observer>> observers);

} // namespace weir::inline v0
