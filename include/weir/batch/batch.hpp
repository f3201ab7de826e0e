// Fan-out jobs: many items through one client, each answered once, whatever happens in between.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <weir/batch/progress.hpp>
#include <weir/batch/result.hpp>
#include <weir/batch/source.hpp>
#include <weir/core/time.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

class client;
class client_group;
class journal;
class price_book;
class schema;

/// The options of a batch.
class batch_options {
public:
  batch_options() = default;

  /// Items in flight at once, waiting for limits included. The client's own concurrency and rate limits apply within.
  /// With a journal, those with an answer that is not synced yet come on top: a kill repeats at most twice so many.
  /// At least 1. Default: 64.
  WEIR_VALUE(batch_options, std::size_t, in_flight)
  /// Gives results to the sink in the order of the input. An item that takes long then holds back those behind it: at
  /// most `in_flight` of them, after which no further one is started. Default: false.
  WEIR_VALUE(batch_options, bool, ordered)
  /// Where results are kept before the sink gets them, and read back when the job is run again: items that are done are
  /// then not asked again. Default: none.
  WEIR_FIELD(batch_options, std::shared_ptr<weir::journal>, journal)
  /// Whether results of an earlier run, from the journal, are given to the sink as well. Default: true.
  WEIR_VALUE(batch_options, bool, replay)
  /// With a journal: asks an item again whose request has changed since it was answered. Default: false, such an item
  /// is refused with errc::invalid_argument, which ends the job.
  WEIR_VALUE(batch_options, bool, force)
  /// Asks items again that failed for a reason that may pass (condition::transient, condition::throttled), this often,
  /// once everything else has been asked, and not before the time that the provider has named. Default: 1; with the
  /// client's own retries an item is tried 3 times in each round.
  WEIR_VALUE(batch_options, unsigned, rounds)
  /// How many such items are kept in memory for a later round; the others stay failed. Default: 10,000.
  WEIR_VALUE(batch_options, std::size_t, max_again)
  /// Asks items with equal fingerprints once, and gives each the answer. Default: false.
  WEIR_VALUE(batch_options, bool, dedupe)
  /// Stops starting items once this many have failed for good, in a row: a wrong key or model would fail every one.
  /// 0: never. Default: 100.
  WEIR_VALUE(batch_options, std::size_t, max_failures_in_a_row)
  /// While every call is refused because the target's circuit is open, the job waits for the target, tries one item at
  /// a time until it answers, and ends once this has passed, with what is unfinished for the next run. 0: does not
  /// wait, such items fail; nor does a job that has had no answer yet. A provider that answers 429 and names the time
  /// when it takes calls again is waited for until then, up to a day, and this much longer. Default: 10 min.
  WEIR_VALUE(batch_options, duration, longest_outage)
  /// What the answers of chats must be, as JSON. One that does not fit is asked once more with what is wrong with it,
  /// which counts as a second call; if that does not fit either, the item has failed with errc::unexpected_content, and
  /// keeps the answer. Default: anything.
  WEIR_FIELD(batch_options, std::shared_ptr<const weir::schema>, schema)
  /// What answers cost, for batch_result::cost: usually that of the client's options. A provider's own figure counts
  /// without it. Default: none.
  WEIR_FIELD(batch_options, std::shared_ptr<price_book>, prices)
  /// A folder for the images, sound and videos of results; it is made. Each goes to a file under the item's id and its
  /// type, which is there once it is whole, and the body has its path. An item whose file is there from an earlier run
  /// of the same request is not asked again, whether the journal knows it or not; with force(), one is asked again
  /// whose files are gone. errc::invalid_argument without force(): a folder that has files of others, and a file of
  /// another request of the same id. A file that cannot be written ends the job with errc::not_saved, and the body
  /// keeps the bytes. Of batches by a client. Default: none, the body has the bytes in base64.
  WEIR_FIELD(batch_options, std::string, files)
  /// Reads answers as streams, which tells the time to the first token, keeps what arrived of answers that break off,
  /// and lets token timeouts end a stalled one. Of chats and text generation only. Default: true.
  WEIR_VALUE(batch_options, bool, streamed)

private:
  std::size_t in_flight_ = 64;
  bool ordered_ = false;
  std::shared_ptr<weir::journal> journal_;
  bool replay_ = true;
  bool force_ = false;
  unsigned rounds_ = 1;
  std::size_t max_again_ = 10'000;
  bool dedupe_ = false;
  std::size_t max_failures_in_a_row_ = 100;
  duration longest_outage_ = std::chrono::minutes(10);
  std::shared_ptr<const weir::schema> schema_;
  std::shared_ptr<price_book> prices_;
  std::string files_;
  bool streamed_ = true;
};

/// A job: asks every item of a source and gives each one's result to a sink.
///
///     weir::batch job(client, weir::batch_options().in_flight(200).journal(weir::open_journal("job.journal")));
///     auto report = co_await job.run(source, sink);
///
/// A failed item is data, a result like any other. Items are asked at priority::batch, so that interactive calls of the
/// same client or group go first; the client's limits, retries, fallbacks, budgets and cache apply.
///
/// Object lifetimes: client, source and sink must outlive run(); the job may be destroyed while it runs, which is
/// stop(). Thread safety: run() on one strand (with a client: the client's); drain(), stop() and progress() from any
/// thread.
class batch {
public:
  /// Asks on the client's strand.
  batch(client& by, batch_options o = {});
  /// Asks on the threads of the group; source and sink are called on the strand of run().
  batch(client_group& by, batch_options o = {});
  /// Asks by a function of your own, which fills in `outcome`, `failure`, `body`, `value` and what else it knows. What
  /// it throws is the item's failure.
  using ask = std::function<boost::asio::awaitable<batch_result>(const batch_item&)>;
  batch(ask by, batch_options o = {});
  batch(batch&&) noexcept;
  batch& operator=(batch&&) noexcept;
  ~batch();

  /// Runs the job to its end; once per object.
  /// Errors: what the source, the sink or the journal throw; errc::invalid_argument for an id that comes twice, or
  /// whose request has changed, and for a journal with unsettled_items(). They end the job: nothing further is started,
  /// what is in flight is answered and kept.
  /// Cancellation: terminal; as stop(), and then throws.
  boost::asio::awaitable<batch_report> run(batch_source& from, batch_sink& to);

  /// Starts nothing further, and lets run() return once what is in flight has been answered. Idempotent.
  void drain() noexcept;
  /// Ends what is in flight too; items that are given up so have no result, and are asked by the next run.
  void stop() noexcept;

  batch_progress progress() const;

private:
  class state;
  std::shared_ptr<state> state_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
