// Results of `vllm bench serve`. It tells times as means and percentiles, in milliseconds, or with --save-detailed each
// of them, in seconds. They count from when a request was sent.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <weir/bench/load.hpp>
#include <weir/core/error.hpp>

#include "bench/record/record.hpp"
#include "bench/record/record_json.hpp"
#include "codec/json/json.hpp"
#include "core/ascii.hpp"

namespace weir::inline v0::bench_record {

namespace {

namespace json = codec::json;

[[noreturn]] void refuse(const std::string& why) {
  throw error(errc::invalid_argument, "not a result of vllm bench serve that weir reads: " + why);
}

constexpr double longest_s = 3.2e7; // a year

duration seconds_of(double s) {
  if (!(s >= 0 && s <= longest_s))
    refuse("a time is below 0 or above a year");
  return duration(static_cast<duration::rep>(s * 1e9));
}

double number(const json::value& v, std::string_view key) {
  const double n = codec::number_at(v, key).value_or(0);
  if (!(n >= 0 && n < 1e15))
    refuse("\"" + std::string(key) + "\" is below 0 or too large");
  return n;
}

std::uint64_t count(const json::value& v, std::string_view key) { return static_cast<std::uint64_t>(number(v, key)); }

class metric_name {
public:
  metric_name(const char* called, bench_metric m) : there(called), here(m) {}
  const char* there;
  bench_metric here;
};
const metric_name metrics[] = {{"ttft", bench_metric::ttft_sent},
                               {"tpot", bench_metric::tpot},
                               {"itl", bench_metric::chunk_gap},
                               {"e2el", bench_metric::e2e}};

// `p99_ttft_ms` and whatever other percentile it was told to compute.
void add_told(target_record& t, const json::value& v) {
  for (const auto& m : metrics) {
    const std::string end = "_" + std::string(m.there) + "_ms";
    for (const auto& member : v.get_object()) {
      const std::string_view key = member.key();
      if (!key.ends_with(end) || !member.value().is_number())
        continue;
      const auto what = key.substr(0, key.size() - end.size());
      if (what == "mean" || what == "median" || what == "std" || what.starts_with('p'))
        t.told_times[std::string(name_of(m.here)) + '.' + (what == "median" ? "p50" : std::string(what))] =
            seconds_of(number(v, key) / 1000);
    }
  }
}

// The times of each call, where they are there. A call that failed has a time of 0.
void add_calls(target_record& t, const json::value& v) {
  const auto* first = codec::array_at(v, "ttfts");
  const auto* gaps = codec::array_at(v, "itls");
  const auto* lengths = codec::array_at(v, "output_lens");
  const auto of = [&t](bench_metric m) -> histogram& { return t.all.times[static_cast<std::size_t>(m)]; };
  const auto is_number = [](const json::value& one) { return one.is_number(); };
  for (std::size_t i = 0; first && i < first->size(); ++i) {
    if (!(*first)[i].is_number())
      refuse("\"ttfts\" is not a list of numbers");
    const auto ttft = seconds_of((*first)[i].to_number<double>());
    if (ttft == duration())
      continue;
    of(bench_metric::ttft_sent).add(ttft);
    if (!gaps || i >= gaps->size() || !(*gaps)[i].is_array())
      continue;
    const auto& mine = (*gaps)[i].get_array();
    if (!std::all_of(mine.begin(), mine.end(), is_number))
      refuse("\"itls\" is not a list of lists of numbers");
    duration rest{};
    for (const auto& gap : mine) {
      of(bench_metric::chunk_gap).add(seconds_of(gap.to_number<double>()));
      rest += seconds_of(gap.to_number<double>());
    }
    of(bench_metric::e2e).add(ttft + rest);
    if (lengths && i < lengths->size() && (*lengths)[i].is_int64() && (*lengths)[i].get_int64() > 1)
      of(bench_metric::tpot).add(rest / ((*lengths)[i].get_int64() - 1));
  }
}

// The steady state as the time that was measured: what is before it is the rise to it.
void add_windows(bench_result::record& r, target_record& t, std::uint32_t index, const json::value& v) {
  window w;
  w.target = index;
  w.length = seconds_of(number(v, "duration"));
  w.meant = count(v, "num_prompts");
  w.complete = t.all.complete;
  w.ended = t.all.calls;
  w.failed = t.all.calls - t.all.complete;
  w.input_tokens = t.all.input_tokens;
  w.output_tokens = t.all.output_tokens;
  w.good = t.all.good;
  w.most_in_flight = t.most_in_flight;
  const auto* steady = codec::find(v, "steady_state");
  const auto* span = steady ? codec::find(*steady, "window") : nullptr;
  if (span) {
    const double length = number(*span, "duration_s");
    window rise;
    rise.target = index;
    rise.warm_up = true;
    rise.length = seconds_of(number(*span, "start_s"));
    w.begin = rise.length;
    w.length = seconds_of(length);
    w.meant = count(*span, "requests_started_in_window");
    w.complete = w.ended = count(*span, "requests_completed_in_window");
    w.failed = 0;
    w.input_tokens = static_cast<std::uint64_t>(number(*steady, "input_throughput") * length + 0.5);
    w.output_tokens = static_cast<std::uint64_t>(number(*steady, "output_throughput") * length + 0.5);
    w.in_flight = number(*span, "target_concurrency");
    w.most_in_flight = count(*span, "observed_peak");
    r.windows.push_back(rise);
  }
  w.health.meant = w.health.sent = w.meant;
  t.measured = w.length;
  r.windows.push_back(std::move(w));
}

void add_run(bench_result::record& r, const json::value& v) {
  if (r.targets.size() == most_targets)
    refuse("it has more than " + std::to_string(most_targets) + " runs");
  target_record t;
  t.model = t.name = std::string(codec::string_at(v, "model_id").value_or("?"));
  t.provider = std::string(codec::string_at(v, "backend").value_or(""));
  for (int n = 2; std::any_of(r.targets.begin(), r.targets.end(), [&t](const auto& o) { return o.name == t.name; });
       ++n)
    t.name = t.model + " #" + std::to_string(n);
  const double length = number(v, "duration");
  t.all.complete = count(v, "completed");
  t.all.calls = std::max(t.all.complete + count(v, "failed"), count(v, "num_prompts"));
  t.all.attempts = t.all.calls;
  const auto goodput = codec::number_at(v, "request_goodput");
  t.all.good = goodput
                   ? std::min(t.all.complete, static_cast<std::uint64_t>(number(v, "request_goodput") * length + 0.5))
                   : t.all.complete;
  t.all.input_tokens = count(v, "total_input_tokens");
  t.all.output_tokens = count(v, "total_output_tokens");
  t.most_in_flight = count(v, "max_concurrent_requests");
  add_calls(t, v);
  add_told(t, v);
  add_windows(r, t, static_cast<std::uint32_t>(r.targets.size()), v);
  r.length = std::max(r.length, seconds_of(length));
  r.targets.push_back(std::move(t));
}

void add_plan(bench_result::record& r, const json::value& v) {
  r.made_by = "vllm bench serve";
  r.offered = codec::number_at(v, "request_rate").value_or(0);
  r.burstiness = codec::string_at(v, "burstiness") ? 0 : number(v, "burstiness");
  r.concurrency = r.offered > 0 ? 0 : count(v, "max_concurrency");
  if (r.offered > 0) {
    auto load = bench_load::rate(r.offered);
    r.load = (r.burstiness == 1 ? load.poisson() : r.burstiness > 0 ? load.gamma(r.burstiness) : load).text();
  } else {
    r.load = r.concurrency > 0 ? bench_load::at_once(r.concurrency).text() : "all requests at once";
  }
}

bool is_run(const json::value& v) {
  return v.is_object() && codec::find(v, "request_throughput") && codec::find(v, "completed") &&
         codec::find(v, "duration") && !codec::find(v, "format");
}

} // namespace

std::optional<bench_result::record> read_vllm(std::string_view text) {
  bench_result::record r;
  text = trimmed(text);
  if (!text.starts_with('{'))
    return std::nullopt;
  error_code ec;
  const auto whole = codec::parse_json(text, ec);
  const bool lines = ec.failed();
  while (!text.empty()) {
    const auto end = lines ? std::min(text.find('\n'), text.size()) : text.size();
    const auto one = lines ? codec::parse_json(trimmed(text.substr(0, end)), ec) : whole;
    if ((lines && ec) || !is_run(one)) {
      if (r.targets.empty())
        return std::nullopt;
      refuse("line " + std::to_string(r.targets.size() + 1) + " is not one");
    }
    if (r.targets.empty())
      add_plan(r, one);
    add_run(r, one);
    text = trimmed(text.substr(std::min(end + 1, text.size())));
  }
  std::stable_sort(r.windows.begin(), r.windows.end(),
                   [](const window& a, const window& b) { return a.begin < b.begin; });
  check_record(r);
  return r;
}

} // namespace weir::inline v0::bench_record
