// The keys of a client's calls in its response cache.
#pragma once

#include <memory>

#include "client/call/http_operation.hpp"
#include "client/routing/router.hpp"
#include "policy/cache/cache_layer.hpp"

namespace weir::inline v0 {

/// Whether answers to such requests are kept at all.
bool has_cached_answers(const http_operation& op) noexcept;

/// Resolves where a call would go, encodes what it would send there, and makes a key of that. Nothing is looked up for
/// it: a vendor's own name of a model is replaced by the name that was requested.
std::shared_ptr<cache_keys> make_call_keys(std::shared_ptr<router> routes);

} // namespace weir::inline v0
