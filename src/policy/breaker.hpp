// The layer that stops asking what only fails.
#pragma once

#include <memory>

#include <weir/policy/breaker.hpp>
#include <weir/policy/handler.hpp>

namespace weir {

class breaker_set;

/// While a target's circuit is open its calls fail at once with errc::circuit_open, and retry_after() is
/// the time until the next probe. An answer is judged by how it ends, not by its head; of a
/// probe the first token is enough, so that a long answer does not keep the others out.
/// Gives back `inner` itself if the breaker is not enabled.
layer make_breaker(breaker settings, std::shared_ptr<breaker_set> shared);

} // namespace weir
