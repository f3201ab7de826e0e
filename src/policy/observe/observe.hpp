// The outermost layer: fills a call's record and tells the observers.
#pragma once

#include <memory>
#include <vector>

#include <weir/policy/handler.hpp>
#include <weir/policy/observe/observe.hpp>

namespace weir {

/// Without observers the record is filled all the same.
layer make_observe(std::vector<std::shared_ptr<observer>> observers);

} // namespace weir
