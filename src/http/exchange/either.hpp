// Waiting for both directions of a stream at once.
#pragma once

#include <memory>

#include <weir/net/stream.hpp>

namespace weir::inline v0::http {

/// Completes once the stream may be read or written, never inline, and only after both waits have ended; the stream
/// lives until then. Cancellation: terminal, partial and total; the stream stays usable.
void async_wait_either(std::shared_ptr<net::stream> stream, net::stream::wait_handler handler);

} // namespace weir::inline v0::http
