#include "bench/report/steady_state.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "batch/output/object_writer.hpp"
#include "bench/report/words.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_report {

namespace {

using bench_record::window;

constexpr double threshold = 0.95;

class steady {
public:
  steady() = default;
  duration begin{}, end{};
  std::uint64_t peak = 0, started = 0, complete = 0, input_tokens = 0, output_tokens = 0;
  bench_record::column ttft, send_delay;
};

steady sum_of(const std::vector<const window*>& all) {
  steady s;
  s.begin = all.front()->begin;
  s.end = all.back()->begin + all.back()->length;
  for (const auto* w : all) {
    s.peak = std::max(s.peak, w->most_in_flight);
    s.started += w->meant;
    s.complete += w->complete;
    s.input_tokens += w->input_tokens;
    s.output_tokens += w->output_tokens;
    s.ttft.merge(w->ttft);
    s.send_delay.merge(w->send_delay);
  }
  return s;
}

std::vector<const window*> loaded(const bench_result::record& r, std::size_t target, double least) {
  std::vector<const window*> all;
  std::size_t kept = 0;
  for (const auto& w : r.windows) {
    if (w.target != target || w.warm_up)
      continue;
    const bool full = w.in_flight >= least;
    if (full || !all.empty())
      all.push_back(&w);
    if (full)
      kept = all.size();
  }
  all.resize(kept);
  return all;
}

// Its mean, by the middles of the column's places.
double mean_ms(const bench_record::column& c) {
  double sum = 0;
  for (const auto& [place, n] : c.counts())
    sum += static_cast<double>(n) *
           in_milliseconds(bench_record::column::from(place) + bench_record::column::to(place)) / 2;
  return c.count() == 0 ? 0 : sum / static_cast<double>(c.count());
}

// There they count from when a request was sent, and windows keep the times from when it was meant to be: the means
// differ by the mean delay, and percentiles are told where the delays are too short to matter.
void add_ttft(object_writer& o, const steady& s) {
  const auto ms = [&s](double share) { return in_milliseconds(s.ttft.at(share).value_or(duration())); };
  if (s.ttft.count() == 0)
    o.null("mean_ttft_ms");
  else
    o.number("mean_ttft_ms", std::max(0.0, mean_ms(s.ttft) - mean_ms(s.send_delay)));
  const auto late = in_milliseconds(s.send_delay.at(0.99).value_or(duration()));
  if (s.ttft.count() == 0 || late > ms(0.5) / 20) {
    o.null("median_ttft_ms");
    o.null("percentiles_ttft_ms");
    return;
  }
  o.number("median_ttft_ms", ms(0.5));
  o.raw("percentiles_ttft_ms", "[[90.0," + codec::to_text(ms(0.9)) + "],[99.0," + codec::to_text(ms(0.99)) + "]]");
}

std::string window_json(const bench_result::record& r, const steady& s, double least, std::uint64_t calls) {
  std::string out;
  object_writer o(out);
  const double length = in_seconds(s.end - s.begin), whole = in_seconds(r.length);
  o.number("start_s", in_seconds(s.begin));
  o.number("end_s", in_seconds(s.end));
  o.number("duration_s", length);
  o.number("target_concurrency", r.concurrency);
  o.number("threshold", threshold);
  o.number("threshold_abs", static_cast<std::uint64_t>(least));
  o.number("observed_peak", s.peak);
  o.number("requests_started_in_window", s.started);
  o.number("requests_completed_in_window", s.complete);
  o.number("requests_total", calls);
  if (const double wanted = std::max(10.0, whole / 10); length < wanted)
    o.text("warning", "the steady state is short: " + fixed(length, 1) + " s of " + fixed(wanted, 1) + " s");
  else
    o.null("warning");
  o.close();
  return out;
}

} // namespace

std::string steady_state_json(const bench_result::record& r, std::size_t target) {
  const double least = std::ceil(threshold * static_cast<double>(r.concurrency));
  const auto windows = r.concurrency == 0 ? std::vector<const window*>() : loaded(r, target, least);
  if (windows.empty())
    return "null";
  const auto s = sum_of(windows);
  const auto per_s = [length = in_seconds(s.end - s.begin)](std::uint64_t n) {
    return length > 0 ? static_cast<double>(n) / length : 0;
  };
  std::string out;
  object_writer o(out);
  o.raw("window", window_json(r, s, least, r.targets[target].all.calls));
  o.number("request_throughput", per_s(s.complete));
  o.number("input_throughput", per_s(s.input_tokens));
  o.number("output_throughput", per_s(s.output_tokens));
  o.number("total_token_throughput", per_s(s.input_tokens + s.output_tokens));
  add_ttft(o, s);
  for (const char* key : {"mean_tpot_ms", "median_tpot_ms", "p90_tpot_ms", "p99_tpot_ms"})
    o.null(key);
  o.close();
  return out;
}

} // namespace weir::inline v0::bench_report
