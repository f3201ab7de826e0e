// The arguments of weir bench.
#pragma once

#include <CLI/CLI.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/bench.hpp>

#include "tool/arguments/common.hpp"
#include "tool/chat/chat_settings.hpp"

namespace weir::inline v0::cli {

/// One of the targets of --target.
class named_target {
public:
  named_target() = default;
  std::string name;
  weir::options settings;
};

class bench_arguments {
public:
  bench_arguments() = default;
  void add_to(CLI::App& command);
  /// The same without the prompt.
  void add_options_to(CLI::App& command);
  /// The options that say where a result goes and what it is checked for, alone.
  void add_files_to(CLI::App& command);

  // All of these \throw weir::error errc::invalid_argument, naming the option.

  /// What is to be done, without hooks.
  bench_options plan() const;
  bool finds_peak() const noexcept { return find_peak_; }
  /// Whether rates are tried one after the other.
  bool searches() const noexcept { return find_peak_ || !peak_.empty(); }
  /// The rates of --peak; empty without it.
  std::vector<double> multiples() const;
  /// At least one.
  std::vector<named_target> targets() const;
  /// Reads a data set whole. `own`: what has been read may wait for.
  boost::asio::awaitable<std::unique_ptr<bench_prompts>> prompts() const;
  std::vector<bench_check> checks() const;

  common_options common;
  std::string report, output, csv, calls, baseline;
  bool makes_baseline = false;
  std::vector<std::pair<std::string, std::string>> exports() const;
  /// The files of --data.
  const std::vector<std::string>& inputs() const noexcept { return data_; }
  bool measures_floor() const noexcept { return !no_floor_; }

private:
  void add_load_to(CLI::App& command);
  void add_prompts_to(CLI::App& command);
  void add_results_to(CLI::App& command);
  bench_load load() const;
  void times_to(bench_options& o) const;
  void part_to(bench_options& o) const;
  void check_figures(const bench_options& o) const;
  bench_data data() const;
  std::unique_ptr<bench_prompts> made_up() const;
  std::uint64_t output_limit() const;

  std::string concurrency_, rise_, rate_, replay_speed_, burstiness_, length_, warm_up_, drain_, window_, turn_, split_,
      cancel_;
  static constexpr std::uint64_t no_seed = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t seed() const;

  std::uint64_t requests_ = 0;
  mutable std::uint64_t seed_ = no_seed;
  bool poisson_ = false, replay_ = false, whole_ = false, keep_policies_ = false, no_floor_ = false,
       ignore_eos_ = false;
  std::string slo_, good_share_;
  bool find_peak_ = false;
  std::string first_rate_, most_rate_, peak_;
  std::vector<std::string> targets_, data_, exports_, fail_if_;
  std::string prompt_, template_, task_, media_, input_, output_tokens_, turns_, think_, from_, to_, format_;
  std::uint64_t prefix_ = 0, prefixes_ = 1, shuffle_ = 0;
  chat_settings chat_;
};

} // namespace weir::inline v0::cli
