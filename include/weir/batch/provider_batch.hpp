// Jobs by the providers' own batch APIs: half the price, for answers within a day.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/batch/progress.hpp>
#include <weir/batch/result.hpp>
#include <weir/batch/source.hpp>
#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

class journal;
class options;
class schema;

/// How a job is submitted to a provider's batch API.
///
///     weir::provider_batch_options().window(std::chrono::hours(24)).parts_at_once(2)
///
/// A job is split into parts, each of which is a batch at the provider. What each part has come to is in the journal,
/// before anything is sent that costs money: a job that was interrupted at any point is resumed by running it again, on
/// another day too, and no part is created twice. Lines that a batch leaves without an answer go into a later part.
/// Prices: those of the price list's variant `batch`.
class provider_batch_options {
public:
  provider_batch_options() = default;

  /// Whose API the server speaks: `openai`, `anthropic`, `gemini`, `mistral`, `together`, `fireworks`, `xai`,
  /// `openrouter`. Default: the provider's or the host's own, and OpenAI's for any other server.
  WEIR_FIELD(provider_batch_options, std::string, api)
  /// The id of the key's account, which is a part of Fireworks' paths.
  WEIR_FIELD(provider_batch_options, std::string, account)
  /// Within what time the provider is to be done, as far as it lets one choose. Default: its usual one, mostly 24 h.
  WEIR_VALUE(provider_batch_options, std::chrono::hours, window)
  /// Batches at the provider at once; further ones wait. At least 1. Default: 4.
  WEIR_VALUE(provider_batch_options, std::size_t, parts_at_once)
  /// Lines, bytes and estimated tokens of a part, where less than the provider takes is wanted; 0: what it takes. A
  /// part is held in memory twice while it is sent, one part at a time. Defaults: 0, 64 MiB, 0.
  WEIR_VALUE(provider_batch_options, std::uint64_t, max_lines)
  WEIR_VALUE(provider_batch_options, std::uint64_t, max_bytes)
  WEIR_VALUE(provider_batch_options, std::uint64_t, max_tokens)
  /// How often a request goes into a part at most, within one run: a line is submitted again if its batch ended before
  /// its turn, or if it failed for a reason that may pass. At least 1. Default: 3.
  WEIR_VALUE(provider_batch_options, unsigned, rounds)
  /// Whether results of an earlier run, from the journal, are given to the sink as well. Default: true.
  WEIR_VALUE(provider_batch_options, bool, replay)
  /// Submits an item again whose request has changed since it was submitted or answered. Default: false, such an item
  /// is refused with errc::invalid_argument, which ends the job.
  WEIR_VALUE(provider_batch_options, bool, force)
  /// What the answers of chats must be, as JSON. One that does not fit has failed with errc::unexpected_content, and
  /// keeps the answer; it is submitted again by another run. Default: anything.
  WEIR_FIELD(provider_batch_options, std::shared_ptr<const weir::schema>, schema)
  /// When all is to be answered, if what the batches leave open is asked live afterwards: the batches are kept as long
  /// as live calls could still make it, and then cancelled. live_rate(): items a second that live calls answer, as far
  /// as that is known. Default: never.
  WEIR_OPTIONAL(provider_batch_options, std::chrono::system_clock::time_point, deadline)
  WEIR_VALUE(provider_batch_options, double, live_rate)
  /// Leaves the uploaded files at the provider. Default: false, they are removed once the part is settled.
  WEIR_VALUE(provider_batch_options, bool, keep_input)
  /// Leaves the results at the provider. Default: true.
  WEIR_VALUE(provider_batch_options, bool, keep_output)
  /// The first wait between two looks at a batch, which is doubled up to a minute, and the longest one, which is
  /// reached with the batch's age. Defaults: 5 s, 5 min.
  WEIR_VALUE(provider_batch_options, duration, first_poll)
  WEIR_VALUE(provider_batch_options, duration, longest_poll)
  /// Failures in a row of a part's requests, after which the job ends; another run resumes it. Default: 200, which are
  /// about three hours.
  WEIR_VALUE(provider_batch_options, unsigned, max_failures)

private:
  std::string api_, account_;
  std::chrono::hours window_{0};
  std::size_t parts_at_once_ = 4;
  std::uint64_t max_lines_ = 0, max_bytes_ = std::uint64_t{64} << 20, max_tokens_ = 0;
  unsigned rounds_ = 3;
  bool replay_ = true, force_ = false;
  std::shared_ptr<const weir::schema> schema_;
  std::optional<std::chrono::system_clock::time_point> deadline_;
  double live_rate_ = 0;
  bool keep_input_ = false, keep_output_ = true;
  duration first_poll_ = std::chrono::seconds(5), longest_poll_ = std::chrono::minutes(5);
  unsigned max_failures_ = 200;
};

/// One part, as it stands.
struct provider_part {
  provider_part() = default;
  std::string name;  ///< In the journal and in the names of files.
  std::string batch; ///< The provider's id; empty before there is one.
  std::string state; ///< What it does, for people: `submitting`, `running`, `waiting for room`, `fetching` …
  std::uint64_t lines = 0;
  std::optional<std::uint64_t> completed, failed; ///< Where the provider tells.
  duration age{};                                 ///< Since the batch was created.
};

/// How far a job is at the provider.
struct provider_progress {
  provider_progress() = default;
  std::vector<provider_part> parts; ///< Those that are not over.
  std::uint64_t parts_over = 0;
  std::uint64_t submitted = 0; ///< Lines in those parts, of this run and earlier ones.
  std::uint64_t delivered = 0; ///< Results of this run.
  std::uint64_t missing = 0;   ///< Lines that a batch left without an answer, this run; most are in a later part.
  std::uint64_t unknown = 0;   ///< Lines of results that are nobody's, or cannot be read.
};

/// A job by a provider's batch API: the same sources, sinks and journal as of weir::batch, and the same results, at the
/// price of a batch.
///
///     auto kept = std::shared_ptr(weir::open_journal("job.journal"));
///     weir::provider_batch job(weir::from_environment(), weir::provider_batch_options(), kept);
///     auto report = co_await job.run(source, sink);
///
/// For chats with one model; the options' model is that of items without one. It may take a day, and need not be
/// watched: a run that ends early leaves the batches at the provider to go on, and the next one fetches them. The
/// journal tells both ways what is answered, so that what one run has left open may be asked by a weir::batch, once
/// nothing is in a batch any more: after cancel(), and over the journal opened anew; see unsettled_items(). Alerts and
/// ledger of the options are told of every answer with its price, budgets count it and refuse nothing; limits, retries
/// and caches are of live calls only.
///
/// Object lifetimes: source and sink must outlive run(); the job may be destroyed while it runs, which is stop().
/// Thread safety: run() on one strand; the other functions from any thread.
class provider_batch {
public:
  /// \throws weir::error as client's constructor; errc::invalid_argument without a journal.
  provider_batch(weir::options settings, provider_batch_options o, std::shared_ptr<journal> kept);
  provider_batch(provider_batch&&) noexcept;
  provider_batch& operator=(provider_batch&&) noexcept;
  ~provider_batch();

  /// Runs the job to its end; once per object. Items that no batch can take (another task, another model, too large)
  /// have failed with errc::unsupported or errc::invalid_argument; nothing was sent for them.
  /// Errors: errc::unsupported where the provider has no batch API; what source, sink or journal throw;
  /// errc::invalid_argument for an id that comes twice, or whose request has changed; the provider's, once a batch
  /// cannot go on (it refuses the key, or cannot be reached for hours). They end the job as stop() does.
  /// Cancellation: terminal; as stop(), but gives up the requests in flight: a creation whose answer is not awaited is
  /// looked for at the provider by the next run. Then throws.
  boost::asio::awaitable<batch_report> run(batch_source& from, batch_sink& to);

  /// Submits nothing more, and lets run() return once what is submitted has ended: up to a day. Idempotent.
  void drain() noexcept;
  /// Ends the batches early: what they have answered by then is fetched, the rest is left open. Where a batch cannot be
  /// cancelled (OpenRouter) it is waited for.
  void cancel() noexcept;
  /// Lets run() return as soon as the requests in flight are answered. The batches go on at the provider, and the next
  /// run fetches their results.
  void stop() noexcept;

  /// Lines in batches are in flight. Its rates and `left` say little: batches end when they end.
  batch_progress progress() const;
  provider_progress at_provider() const;

private:
  class state;
  std::shared_ptr<state> state_;
};

/// How many items of a journal are in batches at a provider, or may be: only a provider_batch may run then.
/// \throws weir::error as journal::scan().
std::uint64_t unsettled_items(const journal& kept);

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
