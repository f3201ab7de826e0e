// Records without rhyme or reason, within what can be.
#include <algorithm>
#include <cmath>

#include <weir/core/random.hpp>

#include "bench/sample_record.hpp"

namespace weir::test {

namespace {

using namespace bench_record;

class maker {
public:
  explicit maker(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t n) { return random_.below(n); }
  bool flag() { return below(2) == 1; }
  std::uint64_t any() { return random_.next(); }
  std::uint64_t count() { return random_.next() >> (11 + below(53)); } // of every size, 0 included
  double number() {
    return flag() ? static_cast<double>(below(100)) : random_.uniform() * std::exp2(static_cast<double>(below(40)));
  }
  double share() { return random_.uniform(); }
  duration time() {
    return duration(static_cast<duration::rep>((random_.next() >> (5 + below(59))) % 1'000'000'000'000'000'000));
  }
  std::string text() {
    static constexpr const char* pieces[] = {"a",  "\"", "\\", "</script>", "<!--", "é", "漢",
                                             "🙂", "\n", " ",  "\x01",      "'",    "0"};
    std::string all;
    for (auto n = below(8); n > 0; --n)
      all += pieces[below(std::size(pieces))];
    return all;
  }
  template <class F>
  auto some(F make) {
    std::vector<decltype(make())> all;
    for (auto n = below(4); n > 0; --n)
      all.push_back(make());
    return all;
  }
  template <class K, class F>
  auto named(K key, F make) {
    std::map<decltype(key()), decltype(make())> all;
    for (auto n = below(4); n > 0; --n)
      all.emplace(key(), make());
    return all;
  }
  template <class F>
  auto perhaps(F make) {
    return flag() ? std::optional(make()) : std::nullopt;
  }

  template <class T>
  T times() {
    T all;
    for (auto n = below(20); n > 0; --n)
      all.add(duration(static_cast<duration::rep>(random_.next() >> (22 + below(42)))), 1 + below(1000));
    return all;
  }
  std::string word() { return "w" + std::to_string(below(1000)); }

private:
  random_source random_;
};

measure::tally random_tally(maker& m) {
  measure::tally t;
  t.calls = m.count();
  t.complete = m.below(t.calls + 1);
  t.good = m.below(t.complete + 1);
  for (auto& n : t.outcomes)
    n = m.count();
  t.failures = m.named([&] { return m.text(); }, [&] { return m.count(); });
  t.statuses = m.named([&] { return static_cast<int>(m.below(1000)) - 1; }, [&] { return m.count(); });
  t.misses = m.named([&] { return m.text(); }, [&] { return m.count(); });
  for (auto* n : {&t.attempts, &t.input_tokens, &t.cached_tokens, &t.output_tokens, &t.useful_tokens, &t.estimated,
                  &t.wanted_input, &t.got_input, &t.wanted_output, &t.got_output})
    *n = m.count();
  for (auto& h : t.times)
    h = m.times<histogram>();
  return t;
}

target_record random_target(maker& m) {
  target_record t;
  for (auto* s : {&t.name, &t.provider, &t.model, &t.url})
    *s = m.text();
  t.told_times = m.named([&] { return m.text(); }, [&] { return m.time(); });
  t.measured = m.time();
  t.all = random_tally(m);
  t.warm_up_calls = m.count();
  t.cancelled = m.count();
  t.unfinished = m.count();
  t.most_in_flight = m.count();
  t.cost =
      m.named([&] { return m.text(); },
              [&] { return money::from_pico(static_cast<money::pico_count>(m.count()) * (m.flag() ? 1 : 1'000'003)); });
  t.unpriced = m.count();
  t.limits = m.named([&] { return m.text(); }, [&] { return m.text(); });
  t.failure_examples = m.some([&] { return std::pair(m.text(), m.text()); });
  return t;
}

window random_window(maker& m, std::size_t targets) {
  window w;
  w.target = static_cast<std::uint32_t>(m.below(targets));
  w.warm_up = m.flag();
  w.begin = m.time();
  w.length = m.time();
  for (auto* n :
       {&w.meant, &w.ended, &w.complete, &w.good, &w.throttled, &w.failed, &w.input_tokens, &w.output_tokens,
        &w.connections, &w.most_in_flight, &w.health.meant, &w.health.sent, &w.health.retries, &w.health.calls})
    *n = m.count();
  w.in_flight = m.number();
  w.ttft = m.times<column>();
  w.e2e = m.times<column>();
  w.chunk_gap = m.times<column>();
  w.send_delay = m.times<column>();
  w.health.send_delay = m.time();
  w.health.loop_lag = m.time();
  w.health.cpu = m.share();
  w.health.machine = m.share();
  return w;
}

probe_record random_probe(maker& m) {
  probe_record p;
  p.rate = 1e-3 + m.number();
  p.phase = m.word();
  p.keeps_up = m.flag();
  p.by_estimate = m.flag();
  p.why = m.text();
  for (auto* d : {&p.good_share, &p.good_low, &p.good_high, &p.answered_share, &p.throttled_share})
    *d = m.share();
  for (auto* d : {&p.ttft_p50, &p.ttft_p95, &p.e2e_p50, &p.e2e_p95})
    *d = m.perhaps([&] { return m.time(); });
  p.calls = m.count();
  p.complete = m.below(p.calls + 1);
  p.good = m.below(p.complete + 1);
  p.output_tokens_per_s = m.number();
  p.begin = m.time();
  p.length = m.time();
  p.drained_in = m.time();
  p.valid = m.flag();
  return p;
}

peak_record random_peak(maker& m) {
  peak_record p;
  p.knee = m.perhaps([&] { return m.number(); });
  p.high = m.perhaps([&] { return m.number(); });
  p.low = m.number();
  p.why = m.text();
  p.cliff = m.flag();
  p.confirmed = m.flag();
  p.contradictions = m.some([&] { return m.text(); });
  p.probes = m.some([&] { return random_probe(m); });
  p.best = m.perhaps([&] { return random_tally(m); });
  p.recovery = m.perhaps([&] { return m.time(); });
  return p;
}

comparison random_comparison(maker& m, std::size_t targets) {
  comparison c;
  c.first = static_cast<std::uint32_t>(m.below(targets));
  c.second = static_cast<std::uint32_t>(m.below(targets));
  c.figure = m.text();
  c.ratio = m.perhaps([&] {
    trend::ratio r;
    r.value = m.number();
    r.between = {m.number(), m.flag() ? HUGE_VAL : m.number()};
    return r;
  });
  c.pairs = m.some([&] { return std::pair(m.number(), m.number()); });
  c.lower_is_better = m.flag();
  return c;
}

floor_record random_floor(maker& m) {
  floor_record f;
  f.all = random_tally(m);
  for (auto* d : {&f.length, &f.true_ttft, &f.true_gap, &f.send_delay_p99, &f.loop_lag})
    *d = m.time();
  return f;
}

origin random_origin(maker& m, unsigned part) {
  origin o;
  for (auto* s : {&o.host, &o.system, &o.weir_version, &o.governor})
    *s = m.text();
  o.cpus = static_cast<unsigned>(m.below(1000));
  o.started = std::chrono::system_clock::time_point(m.time());
  o.part = part;
  return o;
}

} // namespace

record random_record(std::uint64_t seed) {
  maker m(seed);
  record r;
  for (auto* s : {&r.command, &r.load, &r.prompts, &r.plan, &r.made_by, &r.incomplete_because})
    *s = m.text();
  r.seed = m.any();
  r.parts = static_cast<unsigned>(1 + m.below(5));
  r.merged = m.flag();
  r.offered = m.number();
  r.concurrency = m.count();
  r.burstiness = m.number();
  r.objectives = m.some([&] {
    return slo(static_cast<bench_metric>(m.below(bench_metrics)),
               duration(static_cast<duration::rep>(m.below(1u << 30))));
  });
  r.good_share = m.share();
  r.limits.send_delay = m.time();
  r.limits.windows = m.share();
  for (unsigned part = 1; part <= r.parts; ++part)
    if (m.flag())
      r.origins.push_back(random_origin(m, part));
  r.complete = m.flag();
  r.length = m.time();
  r.targets.push_back(random_target(m));
  for (auto n = m.below(3); n > 0; --n)
    r.targets.push_back(random_target(m));
  for (auto n = m.below(5); n > 0; --n)
    r.windows.push_back(random_window(m, r.targets.size()));
  std::sort(r.windows.begin(), r.windows.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  r.distinct_prompts = m.count();
  r.prompts_sent = m.count();
  r.floor = m.perhaps([&] { return random_floor(m); });
  r.peak = m.perhaps([&] { return random_peak(m); });
  r.comparisons = m.some([&] { return random_comparison(m, r.targets.size()); });
  return r;
}

} // namespace weir::test
