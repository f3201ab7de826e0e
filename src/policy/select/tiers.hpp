// The layer that sends chats to tiers.
#pragma once

#include <weir/policy/handler.hpp>
#include <weir/policy/tiers.hpp>

namespace weir::inline v0 {

/// Goes above routing and fallback. No layer without tiers.
layer make_tiers(tiers settings);

} // namespace weir::inline v0
