// The settings of an exporter, from OpenTelemetry's variables and what the user says besides.
#pragma once

#include <functional>
#include <string>

#include <weir/client/otlp.hpp>

namespace weir::inline v0 {

/// otlp::from_environment(), with `endpoint` in place of the variable's unless it is empty. The variable's headers, one
/// of which may be a key, are for the variable's endpoint: they do not go to another one.
/// \throws weir::error as otlp::from_environment().
otlp otlp_to(const std::string& endpoint, const std::function<const char*(const char*)>& get = {});

} // namespace weir::inline v0
