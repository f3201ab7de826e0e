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
/// checked before the first one starts. `only`: their names; empty: all. `options`: of the command line, each in one
/// word, in place of the scenarios' own; the places of files in them do not depend on the folder. Returns the worst
/// exit code.
/// \throws weir::error naming the file and the scenario; output_error.
int run_bench_suite(const std::string& path, const std::vector<std::string>& only,
                    const std::vector<std::string>& options);

} // namespace weir::inline v0::cli
