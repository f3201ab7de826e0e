// The options of a command line, as words again.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace weir::inline v0::cli {

/// The options that were given to `weir bench run`, but for its own, each in one word: `--rate=20`, `--poisson`. Names
/// of files are made absolute, since a suite runs in the folder of its file.
std::vector<std::string> given_options(const CLI::App& command);

} // namespace weir::inline v0::cli
