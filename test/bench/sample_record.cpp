#include "bench/sample_record.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "bench/sample_calls.hpp"

namespace weir::test {

namespace {

using namespace std::chrono_literals;
using bench_record::window;

bench_record::origin machine(unsigned part = 1) {
  bench_record::origin o;
  o.host = "load-" + std::to_string(part);
  o.system = "Linux 6.1.0-18-amd64, x86_64";
  o.weir_version = "0.1.0";
  o.governor = "performance";
  o.cpus = 8;
  o.started = std::chrono::system_clock::time_point(std::chrono::seconds(1'795'948'200) + part * 37ms);
  o.part = part;
  return o;
}

void steady(dice& d, window& w) {
  w.health.loop_lag = seconds(0.0008 + d.exponential(0.0006));
  w.health.cpu = 0.18 + 0.05 * d.uniform();
  w.health.machine = 0.11 + 0.04 * d.uniform();
}

record plan(double seconds_long, double rate) {
  record r;
  r.command = "weir bench --to https://inference.example/v1 --model example/chat-70b --rate " +
              std::to_string(static_cast<int>(rate)) + " --poisson --for " +
              std::to_string(static_cast<int>(seconds_long)) + "s --slo ttft<800ms,e2e<8s";
  r.load = std::to_string(static_cast<int>(rate)) + " requests/s, Poisson";
  r.prompts = "512 ± 40 tokens in, 90 out, synthetic, seed 7";
  r.plan = "f00dfeed";
  r.seed = 7;
  r.offered = rate;
  r.objectives = {slo(bench_metric::ttft, 800ms), slo(bench_metric::e2e, 8s)};
  r.origins = {machine()};
  r.length = seconds(seconds_long + 6);
  bench_record::target_record t;
  t.name = "staging";
  t.provider = "example";
  t.model = "example/chat-70b";
  t.url = "https://inference.example/v1";
  t.measured = seconds(seconds_long);
  t.cost["USD"] = *money::parse("1.8342");
  t.limits["requests"] = "3,000 per minute";
  t.limits["tokens"] = "2,000,000 per minute";
  t.failure_examples = {{"rate_limited", "Rate limit reached for requests: retry in 1.2 s"},
                        {"server_error", "upstream connect error or disconnect/reset before headers"},
                        {"truncated", "the stream ended without the provider's terminal signal"}};
  r.targets = {t};
  return r;
}

bench_record::floor_record own_overhead(dice& d) {
  bench_record::floor_record f;
  f.length = 5s;
  f.true_ttft = 50ms;
  f.true_gap = 10ms;
  f.loop_lag = 1200us;
  behaviour exact;
  exact.ttft = 0.0504;
  exact.spread = 0.003;
  exact.token = 0.01;
  exact.failures = exact.reasoning = 0;
  for (int i = 0; i < 400; ++i)
    f.all.add(call(d, exact, i * 0.0125, 1), {});
  f.send_delay_p99 = *f.all.at(bench_metric::send_delay, 0.95).value;
  return f;
}

// Two stalls, and a burst of 429 in the second half.
double slowness(double t, double whole) {
  const double x = t / whole;
  return 1 + 0.15 * x + 3.2 * std::exp(-std::pow((x - 0.4) / 0.012, 2)) +
         1.6 * std::exp(-std::pow((x - 0.78) / 0.01, 2));
}

} // namespace

bench_result result_of(record r) { return bench_result(std::make_shared<const record>(std::move(r))); }

record healthy_record() {
  static const record made = healthy_record(60, 20);
  return made;
}

record healthy_record(double length, double rate) {
  dice d(1);
  auto r = plan(length, rate);
  const double warm_up = std::min(5.0, length / 10);
  collector all(r, std::max(1.0, length / 600), warm_up, warm_up + length);
  for (double t = 0; t < warm_up + length; t += d.exponential(1 / rate)) {
    auto s = call(d, behaviour(), t, t < warm_up ? 1.6 : slowness(t - warm_up, length));
    if (std::abs((t - warm_up) / length - 0.6) < 0.012 && d.uniform() < 0.5)
      s = failed(s, errc::rate_limited, 429, 0.03);
    all.add(s);
  }
  all.finish([&d](window& w) { steady(d, w); });
  r.floor = own_overhead(d);
  return r;
}

record invalid_record() {
  dice d(2);
  auto r = plan(30, 20);
  collector all(r, 1, 3, 33);
  for (double t = 0; t < 33; t += d.exponential(0.05)) {
    behaviour b;
    b.send_delay = t > 12 && t < 24 ? 0.03 : 3e-4;
    all.add(call(d, b, t, 1));
  }
  all.finish([&d](window& w) {
    steady(d, w);
    if (w.begin > 12s && w.begin < 24s) {
      w.health.loop_lag = 130ms;
      w.health.cpu = 0.97;
      w.health.machine = 0.99;
    }
  });
  r.origins[0].governor = "powersave";
  r.floor = own_overhead(d);
  r.floor->loop_lag = 41ms;
  return r;
}

std::pair<std::vector<record>, record> parted_records(unsigned parts) {
  dice d(5);
  auto whole = plan(20, 30);
  whole.floor = own_overhead(d);
  std::vector<record> all(parts, whole);
  collector together(whole, 1, 2, 22);
  std::vector<collector> each;
  for (unsigned k = 0; k < parts; ++k) {
    all[k].parts = parts;
    all[k].origins = {machine(k + 1)};
    each.emplace_back(all[k], 1, 2, 22);
  }
  unsigned i = 0;
  for (double t = 0; t < 22; t += d.exponential(1.0 / 30)) {
    const auto s = call(d, behaviour(), t, 1);
    together.add(s);
    each[i++ % parts].add(s);
  }
  together.finish([](window&) {});
  for (auto& c : each)
    c.finish([](window&) {});
  return {std::move(all), std::move(whole)};
}

record compared_record() {
  dice d(3);
  auto r = plan(80, 10);
  auto slower = r.targets[0];
  slower.name = "candidate";
  slower.model = "example/chat-70b-int8";
  slower.cost["USD"] = *money::parse("0.9120");
  slower.limits.clear();
  r.targets[0].name = "production";
  r.targets.push_back(slower);
  for (auto& t : r.targets)
    t.measured = 40s;
  const auto turn_of = [](double t) { return t < 4 ? 0U : static_cast<std::uint32_t>((t - 4) / 4) % 2; };
  collector all(r, 1, 4, 84, turn_of);
  std::vector<std::pair<double, double>> first(10), tokens(10);
  for (double t = 0; t < 84; t += d.exponential(0.1)) {
    behaviour b;
    const auto target = turn_of(t);
    b.ttft = target == 0 ? 0.22 : 0.31;
    b.reasoning = 0;
    auto s = call(d, b, t, 1);
    s.target = target;
    all.add(s);
    if (t < 4 || !s.complete())
      continue;
    const auto turn = static_cast<std::size_t>((t - 4) / 8);
    (target == 0 ? first[turn].first : first[turn].second) +=
        std::chrono::duration<double>(*s.of(bench_metric::ttft)).count();
    (target == 0 ? tokens[turn].first : tokens[turn].second) += static_cast<double>(s.output_tokens);
  }
  all.finish([&d](window& w) { steady(d, w); });
  const auto compare = [&r](const char* figure, bool lower, std::vector<std::pair<double, double>> pairs) {
    bench_record::comparison c;
    c.first = 1;
    c.second = 0;
    c.figure = figure;
    c.lower_is_better = lower;
    for (auto& p : pairs)
      std::swap(p.first, p.second);
    c.ratio = trend::compare(pairs, r.seed);
    c.pairs = std::move(pairs);
    r.comparisons.push_back(std::move(c));
  };
  compare("mean ttft", true, first);
  compare("output tokens/s", false, tokens);
  return r;
}

record incomplete_record() {
  auto r = healthy_record(9, 6);
  r.complete = false;
  r.incomplete_because = "stopped by the user after 9 s of 60 s";
  r.floor.reset();
  return r;
}

record searched_record() {
  dice d(4);
  auto r = plan(30, 1);
  r.load = "a search for the peak";
  r.offered = 0;
  bench_record::peak_record p;
  const double knee = 38;
  double begin = 0;
  const auto probe = [&](double rate, const char* phase) {
    bench_record::probe_record one;
    one.rate = rate;
    one.phase = phase;
    const double over = rate / knee;
    one.good_share = std::clamp(over < 0.85 ? 0.999 : over < 1 ? 0.985 : 0.985 - 2.4 * (over - 1), 0.05, 1.0);
    one.good_low = std::max(0.0, one.good_share - 0.02);
    one.good_high = std::min(1.0, one.good_share + 0.01);
    one.answered_share = over <= 1 ? 1 : 1 / over;
    one.keeps_up = over <= 1;
    one.why = one.keeps_up ? "" : "too many answers are slow or fail";
    one.calls = static_cast<std::uint64_t>(rate * 6);
    one.complete = static_cast<std::uint64_t>(rate * 6 * std::min(1.0, 0.2 + one.good_share));
    one.good = static_cast<std::uint64_t>(rate * 6 * one.good_share);
    const double slower = over < 1 ? 1 + 0.5 * std::pow(over, 6) : 1.5 + 6 * (over - 1);
    one.ttft_p50 = seconds(0.22 * slower);
    one.ttft_p95 = seconds(0.4 * slower * slower);
    one.e2e_p50 = seconds(1.7 * slower);
    one.e2e_p95 = seconds(3.1 * slower);
    one.output_tokens_per_s = 90 * rate * one.answered_share;
    one.begin = seconds(begin);
    one.length = 6s;
    one.drained_in = seconds(over <= 1 ? 1.4 : 4 + 12 * (over - 1));
    begin += 8;
    p.probes.push_back(one);
  };
  for (double rate : {10.0, 15.0, 22.5, 33.75, 50.6})
    probe(rate, "stepping up");
  for (double rate : {41.3, 37.3, 39.3})
    probe(rate, "bisecting");
  probe(36.4, "check just below");
  probe(42.1, "check just above");
  p.knee = 38.3;
  p.low = 37.3;
  p.high = 39.3;
  p.why = "too many answers are slow or fail";
  p.confirmed = true;
  p.recovery = 5300ms;
  r.peak = p;
  measure::tally best;
  collector all(r, 1, 0, begin);
  for (double t = 0; t < begin;) {
    const auto& at = p.probes[std::min<std::size_t>(p.probes.size() - 1, static_cast<std::size_t>(t / 8))];
    auto one = call(d, behaviour(), t, at.keeps_up ? 1 : 2.5);
    if (at.rate == p.low)
      best.add(one, r.objectives);
    all.add(std::move(one));
    t += d.exponential(1 / at.rate);
  }
  all.finish([&d](window& w) { steady(d, w); });
  r.peak->best = std::move(best);
  r.targets[0].measured = seconds(begin);
  r.length = seconds(begin + 5);
  r.floor = own_overhead(d);
  return r;
}

record hostile_record() {
  auto r = healthy_record(20, 10);
  const std::string bad =
      "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
      "\x1b[31m\n--><svg onload=alert(1)>& 'q' \"q\" \xe2\x80\xae"
      "evil \xff";
  auto& t = r.targets[0];
  t.name = "<b>x</b>" + bad;
  t.model = t.url = t.provider = r.command = r.load = r.prompts = r.incomplete_because = bad;
  r.complete = false;
  t.failure_examples = {{bad, bad}, {"rate_limited", bad}};
  t.all.failures[bad] = 3;
  t.limits[bad] = bad;
  r.origins[0].host = r.origins[0].system = r.origins[0].governor = bad;
  t.cost["</script>"] = *money::parse("1");
  return r;
}

} // namespace weir::test
