// The section of the response cache of a configuration file.
#pragma once

#include <memory>

#include <weir/policy/response_cache.hpp>

#include "client/config/config_sections.hpp"

namespace weir::inline v0 {

/// The settings of a cache; `"disk": true` or a file's name keeps its answers on disk too.
std::shared_ptr<response_cache> read_cache(const config_value& v, config_context& in);

} // namespace weir::inline v0
