// The section of a configuration file that says where telemetry goes.
#pragma once

#include "client/config/config_sections.hpp"

namespace weir::inline v0 {

/// Reads it into the context.
void read_otlp(const config_value& v, config_context& in);
/// Once all files are read: starts the exporter, as an observer, if there is such a section.
void connect_otlp(config_context& in);

} // namespace weir::inline v0
