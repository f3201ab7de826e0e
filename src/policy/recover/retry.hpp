// The retry layer.
#pragma once

#include <memory>

#include <weir/policy/handler.hpp>
#include <weir/policy/retry.hpp>

namespace weir::inline v0 {

class quota_set;

/// Replies from this layer have their first event, or have completed; a failure before the first event is thrown, after
/// as many tries as `settings` allow. Each try begins an attempt. The exception is the last try's failure, with the
/// number of tries in its message; retry_after() stays what the provider requires, even if that was the reason to give
/// up. A target whose circuit is open is waited for (call::health), within the deadline. No layer if there is only one
/// try.
/// Cancellation: terminal, also during the wait between two tries, which ends at once.
layer make_retry(retry settings, std::shared_ptr<quota_set> shared);

} // namespace weir::inline v0
