// Puts a load on targets: starts calls when they are meant to start, and keeps the books.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <weir/bench/bench.hpp>
#include <weir/core/group.hpp>

#include "bench/engine/machine.hpp"
#include "bench/engine/recorder.hpp"
#include "core/async/alarm.hpp"

namespace weir::inline v0::bench_engine {

/// A constant rate, spaced as the requests of that load are.
bench_load at_rate(double rate, const bench_load& like);

/// A load on one target, for a while.
class stretch {
public:
  stretch() = default;
  std::uint32_t target = 0;
  bench_load load;
  std::uint64_t seed = 0;
  duration warm_up{}, length{}; ///< `length` 0: until the requests, the load or the prompts end.
  std::uint64_t requests = 0;   ///< 0: no limit.
  duration window = std::chrono::seconds(1);
  std::string phase = "measuring";    ///< For the progress.
  std::function<bool()> goes_on = {}; ///< Asked at the end of each window; empty: yes.
};

/// Thread safety: none; one strand, that of the targets' clients.
class generator : public std::enable_shared_from_this<generator> {
public:
  generator(boost::asio::any_io_executor ex, std::vector<bench_target> targets, bench_options o, bench_stop stop);

  /// Until the load ends. Calls may then still be in flight.
  /// Errors: what the prompts throw. Lifetimes: `prompts` must outlive the wait. Cancellation: terminal.
  static boost::asio::awaitable<void> run(std::shared_ptr<generator> self, bench_prompts& prompts, stretch s);
  /// Waits until no more than this share of the calls in flight is left; what is left after `limit` stays in flight.
  /// How long it took.
  static boost::asio::awaitable<duration> drain(std::shared_ptr<generator> self, double share, duration limit);
  /// Ends what is in flight, as end(), for another stretch.
  static boost::asio::awaitable<void> cut(std::shared_ptr<generator> self);
  /// Ends what is in flight: with a failure of errc::deadline_exceeded, or, after a stop, as if it had not begun.
  static boost::asio::awaitable<void> end(std::shared_ptr<generator> self);

  recorder& books() noexcept { return books_; }
  client& by(std::size_t target) const noexcept { return targets_[target].by(); }
  duration now() const { return time_.now() - origin_; }
  /// Nothing further can be measured: ended from outside, no prompts left, or hopeless.
  bool over() const noexcept { return exhausted_ || cut_off(); }
  /// Why, if that was not to be.
  std::string problem() const { return stop_.stopped() ? "it was ended early" : problem_; }
  /// The last prompt that was sent.
  const std::optional<bench_prompt>& last_prompt() const noexcept { return last_prompt_; }

private:
  static boost::asio::awaitable<void> start_calls(std::shared_ptr<generator> self, bench_prompts& prompts, stretch s);
  boost::asio::awaitable<void> pace(bench_prompts& prompts, stretch s, duration begin);
  boost::asio::awaitable<void> replay(bench_prompts& prompts, stretch s, duration begin);
  static boost::asio::awaitable<void> place(std::shared_ptr<generator> self, bench_prompts& prompts, stretch s,
                                            duration begin, std::size_t number);
  static boost::asio::awaitable<void> converse(std::shared_ptr<generator> self, std::uint32_t target,
                                               bench_prompt prompt, duration meant, std::uint64_t round);
  boost::asio::awaitable<void> until(duration when);
  boost::asio::awaitable<void> tail();
  std::optional<bench_prompt> next_prompt(bench_prompts& prompts);
  bool take_request();
  bool is_too_much();
  bool cut_off() const noexcept { return stop_.stopped() || broken_ || !problem_.empty(); }
  bool is_past_end() const;
  bool ended() const { return is_past_end() || exhausted_ || (stretch_.requests > 0 && requests_left_ == 0); }
  // Conversations go on without further prompts.
  bool goes_on(std::uint64_t round) const { return running_ && round == round_ && !is_past_end(); }
  std::optional<duration> cancels();
  void beat();
  // What a hook throws ends the run, and is thrown by it.
  template <class F>
  void guard(F f) noexcept {
    try {
      f();
    } catch (...) {
      if (!error_)
        error_ = std::current_exception();
      broken_ = true;
    }
  }
  void tell_progress() const;
  void turn_window(duration at);
  void open_window(duration at);
  void close_window(duration at);

  const boost::asio::any_io_executor ex_;
  time_source& time_;
  const std::vector<bench_target> targets_;
  const bench_options options_;
  bench_stop stop_;
  const time_point origin_;
  recorder books_;
  group calls_;
  cpu_meter cpu_;
  alarm beat_alarm_;
  time_point beat_due_{};

  // Of the stretch that runs.
  stretch stretch_;
  std::uint64_t round_ = 0; ///< Which one it is: calls of an earlier one start nothing further.
  duration begun_{}, window_end_{};
  bool running_ = false, enough_ = false, tail_ = false;
  std::uint64_t requests_left_ = 0;

  std::size_t conversations_ = 0;
  bool exhausted_ = false, giving_up_ = false, broken_ = false;
  unsigned behind_ = 0; ///< Starts in a row that did not wait.
  std::string problem_;
  std::exception_ptr error_;
  std::optional<bench_prompt> last_prompt_;
  std::mt19937_64 dice_;
};

} // namespace weir::inline v0::bench_engine
