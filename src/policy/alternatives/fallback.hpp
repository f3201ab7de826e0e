// The fallback layer.
#pragma once

#include <weir/policy/fallback.hpp>
#include <weir/policy/handler.hpp>

namespace weir::inline v0 {

/// Goes above hedge and retry. No layer without targets, unless interrupted answers are resumed.
layer make_fallback(fallback settings);

} // namespace weir::inline v0
