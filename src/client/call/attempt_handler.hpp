// The innermost handler: one attempt, on the network.
#pragma once

#include <memory>

#include <weir/policy/handler.hpp>

#include "client/routing/router.hpp"
#include "client/transport/transport.hpp"

namespace weir::inline v0 {

/// Sends a call's operation to its target, once, and gives the reply: when the answer's head is
/// there for a streamed call, and when it has arrived complete for any other.
handler_ptr make_attempt_handler(std::shared_ptr<router> routes, std::shared_ptr<transport> via);

} // namespace weir::inline v0
