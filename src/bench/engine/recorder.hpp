// From calls to windows, targets and progress. Pure: it is told what happens and when.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <weir/bench/bench.hpp>
#include <weir/bench/slo.hpp>

#include "bench/engine/flight.hpp"
#include "bench/engine/machine.hpp"
#include "bench/peak/judge.hpp"
#include "bench/record/record.hpp"

namespace weir::inline v0::bench_engine {

/// A call in flight.
class live_call {
public:
  live_call() = default;
  duration meant{};
  std::size_t window = 0;
  std::shared_ptr<bool> content = std::make_shared<bool>(false); ///< Has some.
};

/// Thread safety: none.
class recorder {
public:
  using call_ref = std::list<live_call>::iterator;

  /// \param targets their names, in the order of their numbers.
  recorder(const std::vector<bench_target>& targets, std::vector<slo> objectives);

  /// Calls that are meant to start from now on belong to this window.
  /// \param length as it is planned.
  void begin_window(duration now, duration length, std::uint32_t target, bool warm_up);
  /// \param cpu of the window.
  void end_window(duration now, cpu_meter::share cpu);
  bool in_window() const noexcept { return open_; }
  const bench_record::window& last_window() const noexcept { return record_.windows.back(); }

  /// A call begins that was meant to start then.
  call_ref begin(duration meant, std::uint64_t fingerprint);
  void end(call_ref call, const landing& l, const price_book* prices);
  /// The run has been ended: the call does not count.
  void drop(call_ref call);

  /// At equal distances: how late the event loop was.
  void beat(duration now, duration lag);

  bool is_warm_up(call_ref call) const noexcept { return record_.windows[call->window].warm_up; }
  std::size_t in_flight() const noexcept { return live_.size(); }
  std::size_t windows() const noexcept { return record_.windows.size(); }
  /// The windows from `first` on, without those of the warm-up, as a search for the peak judges them. Calls that are in
  /// flight and too late already count as such.
  std::vector<peak::probe_window> probed(std::size_t first, duration now) const;
  /// The sums of the windows from `first` on, without those of the warm-up: of calls meant to start in them that have
  /// ended.
  class sums {
  public:
    sums() = default;
    std::uint64_t calls = 0, complete = 0, output_tokens = 0;
    double ttft = 0, e2e = 0; ///< Seconds, of complete answers.
    duration length{};        ///< Of the windows.
    std::uint64_t with_ttft = 0;
  };
  sums summed(std::size_t first) const;
  /// Sums calls that count apart from now on as well. Gives those since the last time.
  measure::tally sum_apart();
  /// Of the last window that has ended.
  bench_progress progress() const;
  bool last_failed() const noexcept { return last_failed_; } ///< The call that ended last.
  /// Why every call so far has failed, if so many have and none has succeeded.
  std::optional<std::string> hopeless() const;

  /// Closes the books: later calls of it see what has ended since.
  bench_result::record& record();
  void finish();

private:
  bench_record::target_record& target_of(std::size_t window) { return record_.targets[record_.windows[window].target]; }
  void settle_delays();
  bool is_late(const live_call& c, duration now) const noexcept;
  void add_price(bench_record::target_record& t, const landing& l, const price_book* prices);
  void note_failure(bench_record::target_record& t, const landing& l);
  void note_target(bench_record::target_record& t, const landing& l);

  bench_result::record record_;
  // Beside each window.
  class aside {
  public:
    aside() = default;
    bench_record::column own_delay;
    bool delay_is_old = false;     ///< In the window's health, since a call has ended.
    std::vector<double> in_flight; ///< At most 50 times in a window: see beat().
    std::uint64_t early = 0, early_good = 0, ended = 0, throttled = 0; ///< Of calls meant to start in it.
    sums sum;
  };
  std::vector<aside> asides_;
  std::list<live_call> live_;
  std::unordered_set<std::uint64_t> prompts_;
  bench_record::column recent_ttft_, recent_e2e_; ///< Of calls that ended in the last window.
  bool open_ = false;
  std::uint64_t ended_ = 0, succeeded_ = 0, failed_ = 0, good_ = 0;
  bool last_failed_ = false;
  failure first_failure_;
  std::optional<measure::tally> apart_;
};

} // namespace weir::inline v0::bench_engine
