// The file of --save-calls.
#pragma once

#include <string>

#include <weir/bench/bench.hpp>
#include <weir/core/error.hpp>

#include "batch/output/output_writer.hpp"

namespace weir::inline v0::cli {

/// A line of JSON for each call, with times in seconds since the beginning of the run: docs/bench-data.md has the
/// members. A file appears when it is whole; a pipe gets the lines as they come.
class calls_file {
public:
  /// \throws weir::error as output_writer.
  explicit calls_file(const std::string& path);

  /// Does not throw for a full disk: the run goes on.
  void add(const bench_call& c, const std::string& target);
  /// \throws weir::error errc::not_saved if a line could not be written.
  void finish();

private:
  output_writer file_;
  failure failed_;
};

} // namespace weir::inline v0::cli
