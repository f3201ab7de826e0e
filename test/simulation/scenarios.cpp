// The scenarios: faults of the providers, and how the client is set up.

#include "simulation/schedule.hpp"

namespace weir::inline v0::simulation {

namespace {

using namespace std::chrono_literals;

weather flaky() {
  weather w;
  w.refused = w.throttled = w.busy = w.broken = 0.05;
  w.unreachable = w.silent = w.poor = 0.02;
  w.cut = w.ended = w.stuck = w.in_band = w.unfinished = 0.05;
  w.slow = 0.05;
  return w;
}

weather outage() {
  weather w;
  w.refused = 0.5;
  w.busy = w.broken = 0.25;
  return w;
}

weather storm() {
  weather w;
  w.throttled = 0.6;
  w.busy = 0.1;
  return w;
}

weather sluggish() {
  weather w;
  w.slow = 0.3;
  w.silent = 0.05;
  w.stuck = 0.05;
  return w;
}

weather leaky() {
  weather w;
  w.cut = w.ended = w.stuck = w.in_band = w.unfinished = 0.12;
  return w;
}

// One attempt in twenty fails at once, while answers take seconds.
weather crowded(double weather::* fault) {
  weather w;
  w.*fault = 0.05;
  w.lasting = true;
  return w;
}

void many_connections(options& o, random_source&) { o.max_connections(256); }

target other(int n) {
  return target().base_url("http://127.0.0.1:" + std::to_string(8081 + n)).model("m").prefill(prefill::message);
}

void none(options& o, random_source&) {
  o.retry(retry().attempts(1)).breaker(breaker().enabled(false)).rate_limit(rate_limit().gate(false));
}

void limits(options& o, random_source& random) {
  o.rate_limit(
      rate_limit().requests_per_minute(20 + random.below(60)).tokens_per_minute(20'000 + random.below(50'000)));
  o.concurrency(concurrency().limit(1 + random.below(3)));
}

void all(options& o, random_source& random) {
  o.retry(retry().attempts(1 + static_cast<unsigned>(random.below(4))));
  o.breaker(breaker().consecutive_failures(2 + static_cast<unsigned>(random.below(4))));
  o.hedge(hedge().after(1ms * static_cast<int>(1 + random.below(3000))).max_extra_load(1));
  auto back = fallback().to(other(0)).to(other(1)).resume_interrupted(random.below(2) == 0);
  if (random.below(2) == 0)
    back.patience(3s);
  o.fallback(back);
  if (random.below(2) == 0)
    o.routing(routing().add(other(3), 2).add(other(2)));
  if (random.below(2) == 0)
    limits(o, random);
  else if (random.below(2) == 0)
    o.concurrency(concurrency().adaptive(true).initial(1 + random.below(4)));
}

} // namespace

const std::vector<scenario>& scenarios() {
  static const std::vector<scenario> list{
      scenario("bare", flaky(), none),
      scenario("retry", flaky(), [](options& o, random_source&) { o.breaker(breaker().enabled(false)); }),
      scenario("defaults", flaky(), [](options&, random_source&) {}),
      scenario("outage", outage(), [](options& o, random_source&) { o.breaker(breaker().consecutive_failures(3)); }),
      scenario("storm", storm(), [](options& o, random_source& r) { limits(o, r); }),
      scenario("adaptive", storm(),
               [](options& o, random_source&) { o.concurrency(concurrency().adaptive(true).initial(2)); }),
      scenario("hedge", sluggish(),
               [](options& o, random_source&) { o.hedge(hedge().after(300ms).max_extra_load(0.5)); }),
      scenario("fallback", flaky(),
               [](options& o, random_source&) { o.fallback(fallback().to(other(0)).to(other(1))); }),
      scenario("continuation", leaky(),
               [](options& o, random_source&) {
                 o.fallback(fallback().to(other(0)).to(other(1)).resume_interrupted(true).max_continuations(2));
               }),
      scenario("routing", flaky(),
               [](options& o, random_source& random) {
                 o.routing(routing()
                               .by(static_cast<routing::strategy>(random.below(3)))
                               .add(other(0))
                               .add(other(1))
                               .add(other(2), 3));
               }),
      scenario("tiers", flaky(),
               [](options& o, random_source&) {
                 o.tiers(tiers()
                             .add("small", other(0))
                             .add("large", other(1))
                             .collect_first(true)
                             .accept([](const completion& c) { return c.text().size() > 20; }));
               }),
      scenario("crowd-busy", crowded(&weather::busy), many_connections).of(200),
      scenario("crowd-broken", crowded(&weather::broken), many_connections).of(200),
      scenario("crowd-throttled", crowded(&weather::throttled), many_connections).of(200),
      scenario("all", flaky(), all),
      scenario("all-leaky", leaky(), all),
      scenario("all-outage", outage(), all),
  };
  return list;
}

} // namespace weir::inline v0::simulation
