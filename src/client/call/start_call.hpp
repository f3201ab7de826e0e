// The beginning of every call and look-up.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>

#include <weir/policy/handler.hpp>

#include "client/transport/transport.hpp"

namespace weir::inline v0 {

/// Runs an operation through `top`, in a scope of its own below the caller's, under the client's deadline.
/// Errors: what `top` throws; errc::wrong_executor. Cancellation: terminal. The reply keeps the client's executor bound
/// until it has ended.
boost::asio::awaitable<reply> start_call(std::shared_ptr<transport> via, handler_ptr top,
                                         std::shared_ptr<const operation> op, target to, bool streamed);

} // namespace weir::inline v0
