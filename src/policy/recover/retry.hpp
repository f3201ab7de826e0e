// The layer that tries again.
#pragma once

#include <memory>

#include <weir/policy/handler.hpp>
#include <weir/policy/retry.hpp>

namespace weir {

class quota_set;

/// The replies that come out of this layer have their first event, or have ended well; a failure
/// before the first event is thrown, after as many tries as `settings` allow. Each try begins an
/// attempt. The exception is the last try's failure, with the number of tries in its message;
/// retry_after() stays what the provider requested, also where that was the reason to give up.
/// A target whose circuit is open is waited for (call::health), within the deadline.
/// Nothing where there is only one try.
/// Cancellation: terminal, also in the wait between two tries, which ends at once.
layer make_retry(retry settings, std::shared_ptr<quota_set> shared);

} // namespace weir
