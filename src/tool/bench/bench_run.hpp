// Runs benchmarks and tells what they came to: one, or those of a file.
#pragma once

#include <string>
#include <vector>

#include "tool/bench/bench_arguments.hpp"

namespace weir::inline v0::cli {

/// Runs one benchmark and writes its results. Everything that can be found wrong is, before the first request.
/// Returns the exit code.
/// \throws weir::error; output_error.
int run_bench_once(const bench_arguments& args, const std::string& command);

/// Runs the scenarios of a file one after the other, from the file's folder: the working directory changes. All are
/// checked before the first one starts. `only`: their names; empty: all. Returns the worst exit code.
/// \throws weir::error naming the file and the scenario; output_error.
int run_bench_suite(const std::string& path, const std::vector<std::string>& only);

} // namespace weir::inline v0::cli
