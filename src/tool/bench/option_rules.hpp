// Which options of weir bench need others, and which exclude each other.
#pragma once

#include <CLI/CLI.hpp>

namespace weir::inline v0::cli {

/// An option that would change nothing as it was given is a mistake: this finds it. For `bench` and for its commands
/// with some of its options; after parsing.
/// \throws weir::error errc::invalid_argument naming the options.
void check_options(const CLI::App& command);

/// The same for options before the command in `weir bench run`, which would change nothing there.
void check_nothing_before(const CLI::App& bench, const CLI::App& command);

} // namespace weir::inline v0::cli
