// The layer that falls back.
#pragma once

#include <weir/policy/fallback.hpp>
#include <weir/policy/handler.hpp>

namespace weir {

/// Goes above hedge and retry. Nothing without targets, unless broken answers are resumed.
layer make_fallback(fallback settings);

} // namespace weir
