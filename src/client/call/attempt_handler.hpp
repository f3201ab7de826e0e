// The innermost handler: an attempt on the wire.
#pragma once

#include <memory>

#include <weir/policy/handler.hpp>

#include "client/transport/transport.hpp"

namespace weir {

/// Sends a call's question to its target, once, and gives the reply: when the answer's head is
/// there for a streamed call, and when it has arrived whole for any other.
handler_ptr make_attempt_handler(std::shared_ptr<transport> via);

} // namespace weir
