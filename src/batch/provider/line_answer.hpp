// From a line of a provider's results to the result of an item. Pure.
#pragma once

#include "batch/provider/dialect.hpp"
#include "batch/provider/part_event.hpp"

#include <weir/batch/result.hpp>

namespace weir::inline v0::vendor_batch {

/// Whether a line may be asked again in another part: it was not run, or it failed for a reason that may pass.
bool may_pass(const line_result& line);

/// The result: outcome, failure, the completion in `value`, usage, provider and model. `body` stays empty.
batch_result result_of(const dialect& by, const part_item& item, line_result line);

/// The result of an item that the provider never answered, and which is not asked again.
batch_result unanswered(const dialect& by, const part_item& item, failure why);

} // namespace weir::inline v0::vendor_batch
