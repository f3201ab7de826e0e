// How a benchmark is doing, on the terminal or in a log.
#pragma once

#include <chrono>
#include <deque>
#include <string>

#include <weir/bench/bench.hpp>

namespace weir::inline v0::cli {

/// The view of a run: what is shown, in lines. Pure.
class bench_view {
public:
  bench_view() = default;

  void add(const bench_progress& p);
  /// For a terminal, each at most so many columns.
  std::string lines(std::size_t columns) const;
  /// For a log: one sentence.
  std::string sentence() const;

private:
  bench_progress last_;
  std::deque<double> rates_, ttfts_;
};

/// Values as a line of bars, from the smallest to the greatest.
std::string sparkline(const std::deque<double>& values);

/// Lines that are rewritten on a terminal, and a sentence every ten seconds elsewhere. Thread safety: none.
class bench_display {
public:
  explicit bench_display(bool quiet);
  ~bench_display() { clear(); }

  void show(const bench_progress& p);
  void say(const std::string& line);
  /// The sentence now, on a line that stays.
  void tell_now();
  /// Removes the lines.
  void clear() noexcept;

private:
  const bool quiet_, live_;
  bench_view view_;
  std::string drawn_;
  std::chrono::steady_clock::time_point next_line_;
};

} // namespace weir::inline v0::cli
