// The command line as it was given, for reports.
#pragma once

#include <string>

namespace weir::inline v0::cli {

/// As a shell takes it, without the values of options that may be secrets. Empty where the system does not tell.
std::string command_line();

} // namespace weir::inline v0::cli
