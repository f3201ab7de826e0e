// The export of AIPerf, in the names of its schema 1.4, a line for each target. What is not kept by a record, such as
// the percentiles of answers' lengths, is left out.
#include <weir/bench/result.hpp>

#include <array>
#include <string>
#include <utility>

#include "batch/output/object_writer.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/words.hpp"
#include "core/time/in_seconds.hpp"
#include "core/time/timestamp.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

using namespace bench_report;
using bench_record::target_record;
using record = bench_result::record;

constexpr std::array<std::pair<const char*, double>, 9> percentiles = {{{"p1", 0.01},
                                                                        {"p5", 0.05},
                                                                        {"p10", 0.1},
                                                                        {"p25", 0.25},
                                                                        {"p50", 0.5},
                                                                        {"p75", 0.75},
                                                                        {"p90", 0.9},
                                                                        {"p95", 0.95},
                                                                        {"p99", 0.99}}};

void add_times(object_writer& to, const char* name, const histogram& h) {
  if (h.empty())
    return;
  std::string out;
  object_writer o(out);
  o.text("unit", "ms");
  o.number("avg", in_milliseconds(h.mean()));
  for (const auto& [key, share] : percentiles)
    o.number(key, in_milliseconds(h.at(share)));
  o.number("min", in_milliseconds(h.min()));
  o.number("max", in_milliseconds(h.max()));
  o.number("std", in_milliseconds(h.deviation()));
  o.number("count", h.count());
  o.number("sum", in_milliseconds(h.mean()) * static_cast<double>(h.count()));
  o.close();
  to.raw(name, out);
}

void add_figure(object_writer& to, const char* name, const char* unit, double value) {
  std::string out;
  object_writer o(out);
  o.text("unit", unit);
  o.number("avg", value);
  o.close();
  to.raw(name, out);
}

void add_figures(object_writer& o, const bench_result& whole, std::size_t i) {
  const auto& r = whole.data();
  const auto& t = r.targets[i].all;
  const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
  add_figure(o, "request_throughput", "requests/sec", whole.rate(i));
  add_figure(o, "request_count", "requests", number(t.complete));
  add_figure(o, "error_request_count", "requests", number(t.calls - t.complete));
  if (!r.objectives.empty()) {
    add_figure(o, "goodput", "requests/sec", whole.rate(i) * share_of(t.good, t.complete));
    add_figure(o, "good_request_count", "requests", number(t.good));
    add_figure(o, "good_request_fraction", "ratio", whole.good_share(i));
  }
  add_figure(o, "output_token_throughput", "tokens/sec", whole.output_tokens_per_s(i));
  add_figure(o, "output_token_count", "tokens", number(t.output_tokens));
  if (t.complete > 0) {
    add_figure(o, "output_sequence_length", "tokens", number(t.output_tokens) / number(t.complete));
    add_figure(o, "input_sequence_length", "tokens", number(t.input_tokens) / number(t.complete));
  }
  add_figure(o, "benchmark_duration", "sec", in_seconds(r.targets[i].measured));
  add_times(o, "request_latency", t.of(bench_metric::e2e));
  add_times(o, "time_to_first_token", t.of(bench_metric::ttft_sent));
  add_times(o, "time_to_first_output_token", t.of(bench_metric::ttfo));
  add_times(o, "inter_token_latency", t.of(bench_metric::itl));
  add_times(o, "inter_chunk_latency", t.of(bench_metric::chunk_gap));
}

std::string config(const record& r, const target_record& t) {
  std::string out;
  object_writer o(out);
  o.text("cli_command", r.command);
  o.text("model", t.model);
  o.text("url", t.url);
  o.number("random_seed", r.seed);
  if (r.offered > 0)
    o.number("request_rate", r.offered_here());
  if (r.concurrency > 0)
    o.number("concurrency", r.concurrency);
  o.close();
  return out;
}

std::string errors(const target_record& t) {
  std::string out = "[";
  for (const auto& f : failures_of(t)) {
    std::string details, one;
    object_writer d(details);
    d.text("type", f.kind);
    d.text("message", f.example);
    d.close();
    object_writer o(one);
    o.raw("error_details", details);
    o.number("count", f.count);
    o.close();
    out += (out.size() > 1 ? "," : "") + one;
  }
  return out + ']';
}

std::string line(const bench_result& whole, std::size_t i) {
  const auto& r = whole.data();
  const auto& t = r.targets[i];
  std::string out;
  object_writer o(out);
  o.text("schema_version", "1.4");
  o.text("aiperf_version", r.origins.empty() ? "weir" : "weir " + r.origins[0].weir_version);
  o.text("benchmark_id", r.plan);
  add_figures(o, whole, i);
  o.raw("input_config", config(r, t));
  o.flag("was_cancelled", !r.complete);
  o.flag("is_complete", r.complete);
  if (r.complete)
    o.null("incomplete_reason");
  else
    o.text("incomplete_reason", r.incomplete_because);
  o.raw("error_summary", errors(t));
  if (!r.origins.empty()) {
    o.text("start_time", timestamp(r.origins[0].started));
    o.text("end_time",
           timestamp(r.origins[0].started + std::chrono::duration_cast<std::chrono::system_clock::duration>(r.length)));
  }
  o.close();
  return out;
}

} // namespace

std::string bench_result::aiperf() const {
  std::string out;
  for (std::size_t i = 0; i < targets(); ++i)
    out += line(*this, i) + '\n';
  return out;
}

WEIR_END_NAMESPACE
