// The policies' sections of a configuration file.
#pragma once

#include <weir/policy/breaker.hpp>
#include <weir/policy/cold_start.hpp>
#include <weir/policy/fallback.hpp>
#include <weir/policy/hedge.hpp>
#include <weir/policy/key_pool.hpp>
#include <weir/policy/retry.hpp>
#include <weir/policy/routing.hpp>
#include <weir/policy/tiers.hpp>

#include "client/config/config_sections.hpp"

namespace weir::inline v0 {

retry read_retry(const config_value& v);
cold_start read_cold_start(const config_value& v);
breaker read_breaker(const config_value& v);
hedge read_hedge(const config_value& v);
/// An object, or a list of targets alone.
fallback read_fallback(const config_value& v, config_context& in);
routing read_routing(const config_value& v, config_context& in);
/// A list of tiers, the cheapest first: a name and a target each. They are picked by difficulty; functions
/// can only be given in code.
tiers read_tiers(const config_value& v, config_context& in);
/// How a pool behaves; its keys are those of the "keys" section.
void read_key_pool(const config_value& v, key_pool& into);

/// All of them, and the limits, into the context's options. The "keys" section comes first.
void read_policies(config_object& root, config_context& in);

} // namespace weir::inline v0
