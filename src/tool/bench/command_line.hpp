// The command line as it was given, for reports.
#pragma once

#include <string>
#include <vector>

namespace weir::inline v0::cli {

/// As a shell takes it, without the values of options that may be secrets. Empty where the system does not tell.
std::string command_line();

/// The same of these words, the first of which is the command.
std::string shown_command(const std::vector<std::string>& words);

} // namespace weir::inline v0::cli
