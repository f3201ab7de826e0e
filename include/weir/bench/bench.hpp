// Load tests: a client under a load, and what users would see of it.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/bench/histogram.hpp>
#include <weir/bench/load.hpp>
#include <weir/bench/metric.hpp>
#include <weir/bench/prompts.hpp>
#include <weir/bench/result.hpp>
#include <weir/bench/slo.hpp>
#include <weir/client/options.hpp>
#include <weir/core/time.hpp>
#include <weir/task/event.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

class client;
class price_book;

/// Options as a measurement wants them: no retries, hedges, fallbacks, cache, circuit breaker, and no waiting after a
/// 429 or for an endpoint to start, all of which would hide what the target does; and no limit of connections below
/// 65,536. Limits for single targets, options::rate_limit(target, …), stay.
options bench_client_options(options o);

/// What is measured. The client outlives the run; its default model is asked, unless the prompts name one.
class bench_target {
public:
  bench_target(std::string name, client& by) : name_(std::move(name)), client_(&by) {}
  const std::string& name() const noexcept { return name_; }
  weir::client& by() const noexcept { return *client_; }
  /// For the report. Default: what the first answer tells.
  WEIR_FIELD(bench_target, std::string, provider)
  WEIR_FIELD(bench_target, std::string, model)

private:
  std::string name_;
  weir::client* client_;
  std::string provider_, model_;
};

/// A call that has ended. Times count from the beginning of the run.
struct bench_call {
  bench_call() = default;
  std::size_t target = 0;
  duration meant{}; ///< When it was meant to start.
  std::optional<duration> sent, first_byte, first_content, first_output, last_content;
  duration ended{};
  weir::outcome outcome = weir::outcome::failed;
  weir::failure failure;
  std::uint64_t input_tokens = 0, cached_tokens = 0, output_tokens = 0;
  bool warm_up = false;
};

/// How a run is doing, at the end of each window.
struct bench_progress {
  bench_progress() = default;
  std::string phase; ///< `warm-up`, `measuring`, `draining`; `probe 3: 40/s`; the floor run: `own overhead`.
  std::string target;
  duration elapsed{}, left{}; ///< `left`: until the end of the phase; 0 if it is not known.
  std::uint64_t calls = 0, succeeded = 0, failed = 0, good = 0, in_flight = 0; ///< Since the beginning.
  double offered_per_s = 0, rate = 0, output_tokens_per_s = 0;                 ///< Of the window.
  std::optional<duration> ttft_p50, ttft_p95, e2e_p50, e2e_p95;                ///< Of the window.
  std::string problem; ///< Why the window is invalid, or what holds the load back; empty: nothing.
  std::string verdict; ///< So far.
};

/// A target that does what is known: answers at once, or after a known time at a known pace. What is measured beyond
/// that is the load generator's own.
class bench_floor {
public:
  explicit bench_floor(bench_target of) : target_(std::move(of)) {}
  const bench_target& of() const noexcept { return target_; }
  /// What it was told to do: until the first token, and between tokens.
  WEIR_VALUE(bench_floor, duration, ttft)
  WEIR_VALUE(bench_floor, duration, gap)
  /// What must live as long as the target, such as its client and its server.
  WEIR_FIELD(bench_floor, std::shared_ptr<void>, keeps)

private:
  bench_target target_;
  duration ttft_{}, gap_{};
  std::shared_ptr<void> keeps_;
};

/// A plan.
class bench_options {
public:
  bench_options() = default;

  WEIR_FIELD(bench_options, bench_load, load)
  /// How long, without the warm-up. 0: until requests() have been made, or the load or the prompts end.
  /// Default: 0 with requests(), else 30 s.
  WEIR_VALUE(bench_options, duration, length)
  /// How many requests, without those of the warm-up. 0: no limit.
  WEIR_VALUE(bench_options, std::uint64_t, requests)
  /// At the beginning, under the same load, and not counted: connections, caches and compilers of the target start.
  /// Default: a tenth of length(), at most 10 s.
  WEIR_OPTIONAL(bench_options, duration, warm_up)
  /// How long to wait for answers at the end; what is not there then has failed with errc::deadline_exceeded.
  /// Default: 30 s.
  WEIR_VALUE(bench_options, duration, drain)
  /// Limits that make an answer a good one; see parse_slos(). Default: none.
  WEIR_FIELD(bench_options, std::vector<slo>, objectives)
  /// The share of good calls that the target is to reach. Default: 0.95.
  WEIR_VALUE(bench_options, double, good_share)
  /// Validity is judged, and progress told, once in such a time. Default: 1 s, or more for runs beyond 10 min.
  WEIR_VALUE(bench_options, duration, window)
  /// Takes turns between several targets in such pieces, so that what changes around them strikes all alike.
  /// Default: length() over 10 for each target, at least 2 s.
  WEIR_VALUE(bench_options, duration, turn)
  /// This share of the calls is cancelled by the caller, so long after they were sent: users who leave. They are
  /// neither failures nor successes.
  bench_options&& cancel(double share, duration after) && { return std::move(cancel(share, after)); }
  bench_options& cancel(double share, duration after) & {
    cancel_share_ = share;
    cancel_after_ = after;
    return *this;
  }
  double cancel_share() const noexcept { return cancel_share_; }
  duration cancel_after() const noexcept { return cancel_after_; }
  /// Does part `k` of `n`, both from 1, of the plan: of an open load every n-th request, of a closed one an n-th of the
  /// places. merge_bench_results() joins what the machines measured.
  bench_options&& part(unsigned k, unsigned n) && { return std::move(part(k, n)); }
  bench_options& part(unsigned k, unsigned n) & {
    part_ = {k, n};
    return *this;
  }
  std::pair<unsigned, unsigned> part() const noexcept { return part_; }
  /// Of everything that is left to chance. Default: 0.
  WEIR_VALUE(bench_options, std::uint64_t, seed)
  /// Reads answers as streams: without it there are no times of tokens. Default: true.
  WEIR_VALUE(bench_options, bool, streamed)
  /// Looks for the peak: see find_bench_peak().
  /// The first rate, and the greatest. Defaults: 1 and 1,000,000 requests a second.
  WEIR_VALUE(bench_options, double, first_rate)
  WEIR_VALUE(bench_options, double, most_rate)
  /// Called after the run with what was measured, for a target in this process that does the same: the same load is put
  /// on it for a tenth of length(), 2 to 10 s, and tells what the load generator itself adds to the times. Its client
  /// is called on the strand of the run. May give none. Default: none.
  using floor_hook = std::function<std::optional<bench_floor>(const bench_result& measured)>;
  WEIR_FIELD(bench_options, floor_hook, floor)
  /// For the cost of tokens and answers. Default: none.
  WEIR_FIELD(bench_options, std::shared_ptr<price_book>, prices)
  using progress_hook = std::function<void(const bench_progress&)>;
  WEIR_FIELD(bench_options, progress_hook, progress)
  /// Called with each call that has ended, on the strand of the run.
  using call_hook = std::function<void(const bench_call&)>;
  WEIR_FIELD(bench_options, call_hook, each)
  /// The command line, for the report.
  WEIR_FIELD(bench_options, std::string, command)

private:
  bench_load load_;
  duration length_{}, drain_ = std::chrono::seconds(30), window_{}, turn_{};
  std::uint64_t requests_ = 0;
  std::optional<duration> warm_up_;
  std::vector<slo> objectives_;
  double good_share_ = 0.95;
  double cancel_share_ = 0;
  duration cancel_after_{};
  std::pair<unsigned, unsigned> part_{1, 1};
  std::uint64_t seed_ = 0;
  bool streamed_ = true;
  double first_rate_ = 1, most_rate_ = 1'000'000;
  floor_hook floor_;
  std::shared_ptr<price_book> prices_;
  progress_hook progress_;
  call_hook each_;
  std::string command_;
};

/// Ends a run early, from any thread: it stops starting requests, ends those in flight and returns what it has, marked
/// incomplete. A copy is the same switch.
class bench_stop {
public:
  bench_stop();
  void stop() noexcept;
  bool stopped() const noexcept;

private:
  class state;
  std::shared_ptr<state> state_;
};

/// Puts a load on targets and measures it. On the strand of the targets' clients, which should run nothing else.
///
///     auto result = co_await weir::run_bench(weir::bench_target("staging", client), *prompts,
///                                            weir::bench_options().load(weir::bench_load::rate(20)).length(60s));
///
/// A failed call is data: only a plan that cannot be run is an error.
/// Errors: errc::invalid_argument, naming the option; what `prompts` throws.
/// Cancellation: terminal; ends what is in flight and throws. To keep what was measured use `stop`.
/// Lifetimes: targets' clients and `prompts` must outlive the run.
boost::asio::awaitable<bench_result> run_bench(bench_target of, bench_prompts& prompts, bench_options o,
                                               bench_stop stop = {});
/// Several targets take turns, so that they can be compared: the result says whether they differ.
boost::asio::awaitable<bench_result> run_bench(std::vector<bench_target> targets, bench_prompts& prompts,
                                               bench_options o, bench_stop stop = {});

/// Looks for the greatest rate at which the target keeps up: answers as fast as requests come, the share of
/// good_share() within objectives(), no more than 1 % refused for their rate. Rates rise by a half until one breaks,
/// then the range is halved to 4 %; a rate just below is held, one just above must break. Each probe takes three
/// windows or more, of length() / 3 each (length(): 15 s by default), or as long as answers take, which three calls
/// before the first one tell; the target is drained after it. The load's spacing is used, its rates are not. Errors,
/// cancellation, lifetimes: as run_bench().
boost::asio::awaitable<bench_result> find_bench_peak(bench_target of, bench_prompts& prompts, bench_options o,
                                                     bench_stop stop = {});

/// Tries these rates one after the other, each for length(), such as once, twice and three times the load that is
/// expected, and says of each whether the target keeps up. Errors, cancellation, lifetimes: as run_bench().
boost::asio::awaitable<bench_result> try_bench_rates(bench_target of, bench_prompts& prompts, bench_options o,
                                                     std::vector<double> rates, bench_stop stop = {});

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
