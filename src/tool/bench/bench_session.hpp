// Runs a benchmark for the command: its clients, its signals, its progress.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/bench.hpp>
#include <weir/client/client.hpp>
#include <weir/core/error.hpp>

#include "tool/bench/bench_arguments.hpp"
#include "tool/bench/bench_display.hpp"
#include "tool/bench/calls_file.hpp"

namespace weir::inline v0::cli {

/// One run on an event loop of its own. The first SIGINT or SIGTERM ends it with what was measured, a second one ends
/// the process.
/// Thread safety: none.
class bench_session {
public:
  /// \throws weir::error for options that cannot be used.
  bench_session(const bench_arguments& args, std::string command);
  ~bench_session();

  /// Reads the prompts, for errors, and forgets them. \throws these.
  void check_prompts();
  /// Reads the prompts and runs the plan to its end. Once.
  /// \throws what these throw, and the first failure if no call succeeded.
  bench_result run();
  /// Writes what is left of --save-calls. \throws weir::error errc::not_saved if lines are missing.
  void finish_calls();

private:
  std::vector<bench_target> targets() const;
  boost::asio::awaitable<void> read_prompts();
  boost::asio::awaitable<void> measure();
  std::optional<bench_floor> floor_for(const bench_result& measured);
  void keep(const bench_call& c);
  void tick();

  const bench_arguments& args_;
  boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO}; ///< One thread does all of its I/O.
  bench_options plan_;
  std::vector<named_target> targets_;
  std::vector<std::unique_ptr<client>> clients_;
  std::unique_ptr<calls_file> calls_;
  bench_stop stop_;
  std::optional<bench_result> made_;
  bench_display display_;
  bool told_stop_ = false;
  bool any_succeeded_ = false;
  std::uint64_t failed_ = 0;
  failure first_failure_;
  std::string first_failed_; // its target
};

} // namespace weir::inline v0::cli
