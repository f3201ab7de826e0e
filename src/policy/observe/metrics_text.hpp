// Prometheus' text exposition format 0.0.4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/observe/metric_family.hpp"

namespace weir::inline v0 {

/// All families, one after the other, under the names that Prometheus' conventions give them: dots become `_`, times
/// end with `_seconds`, counters with `_total`.
std::string prometheus_text(const std::vector<metric_family>& families);

/// `name` with `_` for characters that Prometheus does not allow in names.
std::string allowed_name(std::string_view name);
/// Whether text is valid UTF-8 (RFC 3629).
bool is_utf8(std::string_view text) noexcept;

} // namespace weir::inline v0
