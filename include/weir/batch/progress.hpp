// How far a batch is, and what it has come to.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/cost/money.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/event.hpp>

WEIR_BEGIN_NAMESPACE

/// A kind of failure of items.
struct batch_failure_kind {
  batch_failure_kind() = default;
  std::string code; ///< name_of(errc).
  std::uint64_t count = 0;
  std::string example;    ///< The message of the first one.
  std::string example_id; ///< Its item.
};

/// The numbers of a batch at one moment. An item is in one of: `waiting` (not read, or not started), `in_flight`,
/// `again` (failed, to be asked again), or in `outcomes`.
struct batch_progress {
  batch_progress() = default;

  std::optional<std::uint64_t> total; ///< Items in all; empty while the source has not told or ended.
  std::uint64_t read = 0;             ///< Items taken from the source.
  std::uint64_t in_flight = 0;        ///< Being asked, or with an answer that the journal has not synced yet.
  std::uint64_t again = 0;
  std::uint64_t done = 0;                   ///< With a final result, whatever it is; of earlier runs included.
  std::uint64_t restored = 0;               ///< Of those, from an earlier run.
  std::uint64_t repeated = 0;               ///< Of those, with the answer of an equal item.
  std::uint64_t cached = 0;                 ///< Of those, from the response cache.
  std::array<std::uint64_t, 9> outcomes{};  ///< Final results, indexed by weir::outcome.
  std::vector<batch_failure_kind> failures; ///< Most frequent first; at most 20 kinds.

  std::uint64_t calls = 0;    ///< Ended calls of this run, those of later rounds included.
  std::uint64_t attempts = 0; ///< Over those.
  std::uint64_t input_tokens = 0, cached_tokens = 0, output_tokens = 0; ///< Of this run.
  std::map<std::string, money> cost; ///< Of this run, by currency, as far as it is known.
  std::uint64_t unpriced = 0;        ///< Answers of this run whose cost is not known.
  bool cost_estimated = false;

  duration elapsed{};     ///< Since run() began.
  double calls_per_s = 0; ///< Over the last 10 seconds, or since the beginning.
  double output_tokens_per_s = 0;
  std::optional<duration> left; ///< Until the end at the present rate; empty while it cannot be told.
  std::optional<duration> held; ///< Until calls are begun again, while the job waits for a provider or a budget.

  std::uint64_t succeeded() const noexcept { return outcomes[static_cast<std::size_t>(outcome::complete)]; }
  /// Final results that are not complete.
  std::uint64_t failed() const noexcept { return done - succeeded(); }
};

/// How a batch ended.
struct batch_report : batch_progress {
  batch_report() = default;

  /// Why it ended before every item had its result; empty if every one has.
  std::string stopped;
  bool complete() const noexcept { return stopped.empty(); }

  /// Quantiles of calls of this run that were answered, in the order 50, 90, 95, 99 %; zero if there were none.
  std::array<duration, 4> took{}, first_token{};
  /// The items that took longest, longest first; at most 5.
  std::vector<std::pair<std::string, duration>> slowest;
};

WEIR_END_NAMESPACE
