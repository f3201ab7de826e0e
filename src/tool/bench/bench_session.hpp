// Runs a benchmark for the command: its clients, its signals, its progress.
#pragma once

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/bench.hpp>
#include <weir/client/client.hpp>

#include "tool/bench/bench_arguments.hpp"
#include "tool/bench/bench_display.hpp"

namespace weir::inline v0::cli {

/// One run on an event loop of its own. The first SIGINT or SIGTERM ends it with what was measured, a second one ends
/// the process.
/// Thread safety: none.
class bench_session {
public:
  /// \throws weir::error for options that cannot be used.
  bench_session(const bench_arguments& args, std::string command);
  ~bench_session();

  /// Reads the prompts and runs the plan to its end.
  /// \throws what these throw.
  bench_result run();

private:
  class calls_file;

  boost::asio::awaitable<void> measure();
  std::optional<bench_floor> floor_for(const bench_result& measured);
  void tick();

  const bench_arguments& args_;
  boost::asio::io_context io_{1};
  bench_options plan_;
  std::vector<named_target> targets_;
  std::vector<std::unique_ptr<client>> clients_;
  std::unique_ptr<calls_file> calls_;
  bench_stop stop_;
  std::optional<bench_result> made_;
  bench_display display_;
  bool told_stop_ = false;
};

} // namespace weir::inline v0::cli
