// What became of an item of a batch, and where results go.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <any>
#include <cstdint>
#include <optional>
#include <string>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/cost/money.hpp>
#include <weir/task/event.hpp>
#include <weir/task/usage.hpp>

WEIR_BEGIN_NAMESPACE

/// The result of one item. What is below `body` describes the last attempt's answer, and the sums are over all calls
/// that this run made for the item.
struct batch_result {
  batch_result() = default;

  std::string id;
  std::uint64_t index = 0; ///< The item's place in the input, from 0.
  std::string columns;     ///< batch_item::columns().
  std::string origin;      ///< batch_item::origin().

  weir::outcome outcome = weir::outcome::failed;
  weir::failure failure; ///< None if the outcome is complete, length or filtered.
  /// The answer as JSON: a `chat.completion` object as OpenAI's API has it, whatever the provider; of other tasks, what
  /// `weir run --json` prints. Empty where no answer began.
  std::string body;
  /// The same as the request's result_type: empty for results that were read back from a journal.
  std::any value;

  std::string provider, model; ///< Which answered, or failed last.
  weir::usage usage;
  std::optional<money> cost; ///< Of all attempts, as far as they could be priced, in `currency`.
  std::string currency;
  bool cost_estimated = false; ///< Some of it comes from estimated usage, or may have been billed.
  unsigned calls = 0;          ///< How often the item was asked: 1, and one for each later try. 0: nothing was sent.
  unsigned attempts = 0;       ///< Over all calls.
  bool cache_hit = false;      ///< Came from the response cache.
  std::string same_as;         ///< The id of the item whose answer this is, if it was not asked itself.
  duration took{};             ///< The last call, from its start to its end; zero in a provider's batch.
  duration first_token{};      ///< Zero where it was not streamed.
  bool restored = false;       ///< Of an earlier run, by the journal or a file that is there.

  /// An answer that ended by itself: not cut at a length limit, not filtered, and no failure.
  bool succeeded() const noexcept { return outcome == weir::outcome::complete; }
};

/// Takes the results of a batch.
/// Thread safety: none; all functions are called on the strand of run(), one at a time.
class batch_sink {
public:
  virtual ~batch_sink() = default;
  /// One result; each id comes once in a run, in the order in which they are ready, or in the input's (see
  /// batch_options::ordered()). With a journal, a result comes here only once it is safely on disk.
  /// Errors: what it throws ends the job: nothing further is started, and what is in flight is finished and kept in
  /// the journal.
  virtual boost::asio::awaitable<void> write(batch_result r) = 0;
};

WEIR_END_NAMESPACE
