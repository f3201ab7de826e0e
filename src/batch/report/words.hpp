// What people and programs see of a batch.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include <weir/batch/progress.hpp>

#include <weir/detail/fluent.hpp>

namespace weir::inline v0 {

/// What keeps a batch from going faster at the moment.
enum class held_by : unsigned char {
  nothing,
  rate_limit,  ///< A local one, of requests or tokens.
  concurrency, ///< As many calls are in flight as may be.
  provider,    ///< It answers 429 or that it is overloaded.
  outage,      ///< Its circuit is open: it has failed again and again.
  budget,
  answers, ///< None has come for a while.
  input,   ///< The source has nothing at the moment.
  end,     ///< Everything is begun: only the last answers are missing.
};

/// The same with what is known of it.
class hold {
public:
  hold(held_by w = held_by::nothing) : why(w) {} // NOLINT(google-explicit-constructor)

  held_by why;
  std::optional<duration> since; ///< How long.
  std::optional<duration> left;  ///< Until it is over, or the next try of a target that is down.
  std::string until;             ///< When that is, on the user's clock: `14:05`.
  std::string what;              ///< Of an outage: what calls end with.
};

/// A line for a terminal, at most so many columns: a bar, percent, items, rates, what is spent, the time left, failures
/// by kind, and what holds it back. What matters least is left out where it is narrow. Only bars have characters beyond
/// ASCII, each of one column; without `blocks` they have not.
std::string progress_line(const batch_progress& p, const hold& why, std::size_t columns, bool blocks = true);

/// The same as a sentence for a log, without its line feed.
std::string progress_sentence(const batch_progress& p, const hold& why);

/// The same for programs: a JSON object in one line. Durations are in seconds, amounts of money in decimal texts.
std::string progress_json(const batch_progress& p, const hold& why);

/// What a report tells beside its numbers; each may be empty.
class report_places {
public:
  report_places() = default;
  WEIR_FIELD(report_places, std::string, output)
  WEIR_FIELD(report_places, std::string, failures)
  WEIR_FIELD(report_places, std::string, journal)
  /// What earlier runs of the job have spent, by currency. Default: nothing, or not known.
  using amounts = std::map<std::string, money>;
  WEIR_FIELD(report_places, amounts, spent_before)
  /// Whether the same job, run again, asks the items again that have failed. Default: false.
  WEIR_VALUE(report_places, bool, asks_failures_again)
  /// Whether a job that was stopped goes on when it is run again, as it is. Default: true.
  WEIR_VALUE(report_places, bool, can_continue)
  /// Whether report_text() says why a job was stopped. Default: true.
  WEIR_VALUE(report_places, bool, says_why)

private:
  std::string output_, failures_, journal_;
  amounts spent_before_;
  bool asks_failures_again_ = false;
  bool can_continue_ = true;
  bool says_why_ = true;
};

/// The report at the end, in lines: how many items ended how, tokens, cost, times, errors with an example each, where
/// everything is, and what to do next.
std::string report_text(const batch_report& r, const report_places& where);

/// The same for programs: progress_json() with more members.
std::string report_json(const batch_report& r, const report_places& where);

} // namespace weir::inline v0

#include <weir/detail/fluent.hpp>
