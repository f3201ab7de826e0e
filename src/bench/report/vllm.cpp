// The result file of `vllm bench serve`, a line for each target as its --append-result writes them. Times to the first
// token count from when sending began, as there; whole answers from when they were meant to start. What needs every
// call by itself is left out.
#include <weir/bench/result.hpp>

#include <algorithm>
#include <chrono>
#include <string>

#include "batch/output/object_writer.hpp"
#include "bench/report/steady_state.hpp"
#include "bench/report/words.hpp"
#include "core/time/in_seconds.hpp"
#include "core/time/timestamp.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

using namespace bench_report;
using bench_record::target_record;
using record = bench_result::record;

// `20261129-113743`
std::string date_of(const record& r) {
  if (r.origins.empty())
    return {};
  const auto t = timestamp(r.origins[0].started);
  return t.substr(0, 4) + t.substr(5, 2) + t.substr(8, 2) + '-' + t.substr(11, 2) + t.substr(14, 2) + t.substr(17, 2);
}

// As they were told, where a file of vLLM had no more.
void add_times(object_writer& o, const std::string& name, const target_record& t, bench_metric m) {
  const auto& h = t.all.of(m);
  const auto add = [&](const char* what, const char* told, duration value) {
    const auto known = t.told_times.find(std::string(name_of(m)) + '.' + told);
    o.number(what + ("_" + name) + "_ms",
             in_milliseconds(h.empty() && known != t.told_times.end() ? known->second : value));
  };
  add("mean", "mean", h.mean());
  add("median", "p50", h.at(0.5));
  add("std", "std", h.deviation());
  add("p99", "p99", h.at(0.99));
}

double most_tokens_a_second(const record& r, std::size_t target) {
  double most = 0;
  for (const auto& w : r.windows)
    if (w.target == target && !w.warm_up && w.length > duration())
      most = std::max(most, static_cast<double>(w.output_tokens) / in_seconds(w.length));
  return most;
}

void add_load(object_writer& o, const record& r) {
  if (r.offered > 0)
    o.number("request_rate", r.offered_here());
  else
    o.text("request_rate", "inf");
  // There 1 is Poisson, also where all start at once, and even spacing is what a burstiness tends to that has no end.
  if (r.burstiness > 0 || r.offered == 0)
    o.number("burstiness", r.offered == 0 ? 1 : r.burstiness);
  else
    o.text("burstiness", "inf");
  if (r.concurrency > 0)
    o.number("max_concurrency", r.concurrency);
  else
    o.null("max_concurrency");
}

std::string line(const bench_result& whole, std::size_t i) {
  const auto& r = whole.data();
  const auto& t = r.targets[i];
  const double length = in_seconds(t.measured), output = whole.output_tokens_per_s(i);
  std::string out;
  object_writer o(out);
  o.text("date", date_of(r));
  o.text("backend", t.provider);
  o.text("model_id", t.model);
  o.null("tokenizer_id");
  o.number("num_prompts", t.all.calls);
  add_load(o, r);
  o.number("duration", length);
  o.number("completed", t.all.complete);
  o.number("failed", t.all.calls - t.all.complete);
  o.number("total_input_tokens", t.all.input_tokens);
  o.number("total_output_tokens", t.all.output_tokens);
  o.number("request_throughput", whole.rate(i));
  if (r.objectives.empty())
    o.null("request_goodput");
  else
    o.number("request_goodput", whole.rate(i) * share_of(t.all.good, t.all.complete));
  o.number("output_throughput", output);
  o.number("total_token_throughput", output + (length > 0 ? static_cast<double>(t.all.input_tokens) / length : 0));
  o.number("max_output_tokens_per_s", most_tokens_a_second(r, i));
  o.number("max_concurrent_requests", t.most_in_flight);
  add_times(o, "ttft", t, bench_metric::ttft_sent);
  add_times(o, "tpot", t, bench_metric::tpot);
  add_times(o, "itl", t, bench_metric::chunk_gap);
  add_times(o, "e2el", t, bench_metric::e2e);
  o.raw("steady_state", steady_state_json(r, i));
  o.close();
  return out;
}

} // namespace

std::string bench_result::vllm() const {
  std::string out;
  for (std::size_t i = 0; i < targets(); ++i)
    out += line(*this, i) + '\n';
  return out;
}

WEIR_END_NAMESPACE
