// Where the results of a benchmark go, and what they come to.
#pragma once

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <weir/bench.hpp>

#include "tool/bench/bench_arguments.hpp"

namespace weir::inline v0::cli {

/// One of the files that a run writes.
class bench_place {
public:
  bench_place(std::string o, std::string p) : option(std::move(o)), path(std::move(p)) {}
  std::string option; ///< `--report`
  std::string path;
};

/// All of them. \throws weir::error errc::invalid_argument as bench_arguments::exports().
std::vector<bench_place> places_of(const bench_arguments& args);

/// Finds out before a run whether its results could be written, and leaves what is there alone.
/// \throws weir::error errc::invalid_argument for a place that is named twice, or is one of `inputs`; errc::not_saved.
void check_places(const bench_arguments& args, const std::vector<std::string>& inputs);

/// An earlier result. \throws weir::error errc::invalid_argument naming the file.
bench_result read_result(const std::string& path);
/// That of --baseline. \throws as read_result(), and for a check that needs one without it.
std::optional<bench_result> baseline_of(const bench_arguments& args);

/// Writes the results. One that cannot be written does not cost the others: it is told on stderr. False if there is
/// one.
bool write_results(const bench_arguments& args, const bench_result& r);

/// The lines of --fail-if that are so. A check that cannot be made has failed.
std::vector<std::string> failed_checks(const bench_arguments& args, const bench_result& r, const bench_result* before);

/// The columns of a terminal; 0 for a file or a pipe: what reads these finds a row in one line.
std::size_t columns_for(std::FILE* out);

/// Prints the table, writes the files and makes the checks. Returns the exit code. `folder`: before relative paths
/// in messages, with its slash.
int tell_result(const bench_arguments& args, const bench_result& r, const bench_result* before,
                const std::string& folder = {});

} // namespace weir::inline v0::cli
