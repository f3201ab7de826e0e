#include "tool/bench/bench_display.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/report/words.hpp"
#include "core/time/duration.hpp"
#include "core/time/in_seconds.hpp"
#include "tool/output/display_width.hpp"
#include "tool/output/output.hpp"
#include "tool/output/terminal.hpp"

namespace weir::inline v0::cli {

namespace {

using bench_report::rate_text;
using steady = std::chrono::steady_clock;

constexpr std::size_t most_bars = 60;
constexpr auto line_every = std::chrono::seconds(10);

// In whole seconds: what is shown once a second has no tenths.
std::string seconds_text(std::chrono::seconds t) {
  return t < std::chrono::minutes(1) ? fmt::format("{} s", t.count()) : format_duration(t);
}

void keep(std::deque<double>& values, double next) {
  values.push_back(next);
  if (values.size() > most_bars)
    values.pop_front();
}

// `ttft p50 132 ms, p95 410 ms`
std::string times_text(const char* name, const std::optional<duration>& p50, const std::optional<duration>& p95) {
  if (!p50 || !p95)
    return {};
  return fmt::format("{} p50 {}, p95 {}", name, format_duration(*p50), format_duration(*p95));
}

std::string joined(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + " · " + b;
}

std::string failures_text(const bench_progress& p) {
  return p.failed == 0 ? fmt::format("{} calls", p.calls) : fmt::format("{} of {} calls failed", p.failed, p.calls);
}

} // namespace

std::string sparkline(const std::deque<double>& values) {
  static const char* const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty())
    return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::string line;
  for (const double v : values)
    line += bars[*high > *low ? static_cast<int>((v - *low) / (*high - *low) * 7.999) : 0];
  return line;
}

void bench_view::add(const bench_progress& p) {
  last_ = p;
  keep(rates_, p.rate);
  if (p.ttft_p95)
    keep(ttfts_, in_seconds(*p.ttft_p95));
}

std::string bench_view::lines(std::size_t columns) const {
  const auto& p = last_;
  auto first = p.target.empty() ? p.phase : p.phase + " " + p.target;
  first += " · " + seconds_text(std::chrono::floor<std::chrono::seconds>(p.elapsed));
  if (p.left > duration())
    first += fmt::format(", {} left", seconds_text(std::chrono::ceil<std::chrono::seconds>(p.left)));
  first += fmt::format(" · {}/s started, {}/s answered · {} in flight", rate_text(p.offered_per_s), rate_text(p.rate),
                       p.in_flight);
  if (p.output_tokens_per_s > 0)
    first += fmt::format(" · {} tokens/s", rate_text(p.output_tokens_per_s));
  auto second = joined(joined(times_text("ttft", p.ttft_p50, p.ttft_p95), times_text("e2e", p.e2e_p50, p.e2e_p95)),
                       failures_text(p));
  auto third = "answered " + sparkline(rates_);
  if (!ttfts_.empty())
    third += "  ttft p95 " + sparkline(ttfts_);
  // There is none before anything counts.
  const auto verdict = p.phase == "warm-up" ? std::string() : p.verdict;
  const auto fourth = p.problem.empty() ? verdict : "now invalid: " + p.problem;
  std::string all;
  for (const auto& line : {first, second, third, fourth})
    if (!line.empty())
      all += fitted(one_line(line), columns) + '\n';
  return all;
}

std::string bench_view::sentence() const {
  const auto& p = last_;
  auto text = fmt::format("{}{}{}: {}/s started, {}/s answered, {} in flight", p.phase, p.target.empty() ? "" : " ",
                          p.target, rate_text(p.offered_per_s), rate_text(p.rate), p.in_flight);
  for (const auto& more : {times_text("ttft", p.ttft_p50, p.ttft_p95), times_text("e2e", p.e2e_p50, p.e2e_p95),
                           failures_text(p), p.problem.empty() ? std::string() : "invalid: " + p.problem})
    if (!more.empty())
      text += "; " + more;
  return one_line(text);
}

bench_display::bench_display(bool quiet)
    : quiet_(quiet), live_(!quiet && is_capable(stderr)), next_line_(steady::now() + line_every) {}

void bench_display::show(const bench_progress& p) {
  view_.add(p);
  if (quiet_)
    return;
  if (!live_) {
    if (steady::now() < next_line_)
      return;
    next_line_ = steady::now() + line_every;
    tell(stderr, view_.sentence() + '\n');
    return;
  }
  auto text = view_.lines(width_of(stderr) - 1);
  clear();
  tell(stderr, text);
  drawn_ = std::move(text);
}

void bench_display::say(const std::string& line) {
  clear();
  tell(stderr, line + '\n');
}

void bench_display::tell_now() { say(view_.sentence()); }

void bench_display::clear() noexcept {
  const auto lines = std::count(drawn_.begin(), drawn_.end(), '\n');
  if (lines == 0)
    return;
  drawn_.clear();
  // Up, to the first column, and everything below away.
  tell_between(stderr, "\x1b[" + std::to_string(lines) + "A\r\x1b[J", "", "");
}

} // namespace weir::inline v0::cli
