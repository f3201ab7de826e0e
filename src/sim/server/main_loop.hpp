// The simulated provider as a program.
#pragma once

#include <iosfwd>

#include "sim/server/settings.hpp"

namespace weir::inline v0::sim {

/// Serves until SIGINT or SIGTERM. Prints `listening on URL`, and for TLS
/// `ca file: PATH`, each on a line, once requests are accepted.
/// \returns 0
/// \throws what server::start() throws.
int run(settings how, std::ostream& out);

} // namespace weir::inline v0::sim
