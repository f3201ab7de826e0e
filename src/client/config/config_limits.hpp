// The limits' sections of a configuration file.
#pragma once

#include <utility>
#include <vector>

#include <weir/policy/concurrency.hpp>
#include <weir/policy/rate_limit.hpp>

#include "client/config/config_sections.hpp"

namespace weir::inline v0 {

/// Limits and whom they are for; an empty target means everybody that has none of their own.
template <class S>
using limits_by_target = std::vector<std::pair<target, S>>;

/// An object for all, or a list of objects with a "target" each; in a list, one may be without.
limits_by_target<rate_limit> read_rate_limits(const config_value& v, config_context& in);
limits_by_target<concurrency> read_concurrency(const config_value& v, config_context& in);

} // namespace weir::inline v0
