// The arguments of weir batch.
#pragma once

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/batch/input.hpp>
#include <weir/batch/provider_batch.hpp>
#include <weir/codec/schema.hpp>
#include <weir/cost/money.hpp>

#include "batch/output/output_file.hpp"
#include "tool/arguments/common.hpp"
#include "tool/batch/batch_places.hpp"
#include "tool/chat/chat_settings.hpp"

namespace weir::inline v0::cli {

/// `--concurrency`: so many calls at once, or as many as the provider sustains.
class concurrency_choice {
public:
  concurrency_choice() = default;
  std::size_t in_flight = 64;
  bool adaptive = false;
};

/// `--via`: by live calls, by the provider's batches, or by what the deadline and the requests allow.
enum class job_way { live, provider, automatic };

class batch_arguments {
public:
  batch_arguments() = default;
  void add_to(CLI::App& command);
  /// Only what says where results go.
  void add_output_to(CLI::App& command);

  /// What is to be read, with the parameters that all requests get. \throws weir::error errc::invalid_argument.
  batch_input input() const;
  /// \throws weir::error errc::invalid_argument for results that are files and have no place.
  batch_output_options output_options() const;
  concurrency_choice concurrency() const;
  std::shared_ptr<const weir::schema> schema() const;
  /// Empty if it is not said.
  std::optional<job_way> via() const;
  provider_batch_options by_provider() const;
  /// \throws weir::error errc::invalid_argument for options that batches cannot obey.
  void check_batches() const;
  duration max_outage() const;
  std::optional<money> max_cost() const;
  /// When the job is to be over: from now, or at a time of the day, local time.
  std::optional<std::chrono::system_clock::time_point> deadline(std::chrono::system_clock::time_point now) const;
  /// Where results are kept: `--journal`, or `OUT.journal`.
  std::string journal_path() const;
  /// The same; empty if it is not said, as a dry run needs none.
  std::string named_journal() const;
  /// Where the job writes, with this journal.
  batch_places places(const std::string& journal) const;
  /// What the journal's job is: where it asks.
  std::string settings(const weir::options& o) const;

  common_options common;
  std::vector<std::string> inputs;
  std::string output, failures, status, files;
  bool dedupe = false, dry_run = false, force = false;
  unsigned rounds = 1;

private:
  chat_settings chat_;
  std::string journal_, format_, template_, system_, id_, task_, sample_, split_, schema_, concurrency_, max_cost_,
      deadline_, max_outage_, via_, window_, api_, account_, poll_, media_;
  std::vector<std::string> columns_, select_;
  std::uint64_t limit_ = 0, seed_ = 0, batch_lines_ = 0;
  std::size_t batches_ = 4;
  bool details_ = false, only_answers_ = false, by_prefix_ = false;
};

} // namespace weir::inline v0::cli
