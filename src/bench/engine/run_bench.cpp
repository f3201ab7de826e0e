#include <weir/bench/bench.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

#include <weir/client/client.hpp>
#include <weir/core/within.hpp>

#include "bench/engine/books.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;
using namespace bench_engine;

options bench_client_options(options o) {
  constexpr std::size_t many = 65'536;
  o.retry(retry().attempts(1)).hedge(hedge()).fallback(fallback()).breaker(breaker().enabled(false));
  o.rate_limit(rate_limit().gate(false)).cold_start(cold_start::never()).cache(nullptr);
  return std::move(o).max_connections(std::max(many, o.max_connections())).max_waiting(std::max(many, o.max_waiting()));
}

class bench_stop::state {
public:
  state() = default;
  std::atomic<bool> stopped = false;
};

bench_stop::bench_stop() : state_(std::make_shared<state>()) {}
void bench_stop::stop() noexcept { state_->stopped = true; }
bool bench_stop::stopped() const noexcept { return state_->stopped; }

namespace {

// A stretch of one target, and what it came to.
class turn {
public:
  turn(std::uint32_t t, std::size_t w) : target(t), first_window(w) {}
  std::uint32_t target;
  std::size_t first_window;
  recorder::sums sums;
  double seconds = 0;
};

duration warm_up_of(const bench_options& o) {
  if (o.warm_up())
    return *o.warm_up();
  if (o.load().what() == bench_load::kind::recorded)
    return {};
  return std::min<duration>(o.length() / 10, std::chrono::seconds(10));
}

// Every pair of turns is a value of each figure; the first target is what the others are compared with.
std::vector<bench_record::comparison> compared(const std::vector<turn>& turns, std::uint32_t targets,
                                               std::uint64_t seed) {
  std::vector<bench_record::comparison> all;
  using figure = double (*)(const turn&);
  class way {
  public:
    way(const char* n, figure f, bool lower) : name(n), value(f), lower_is_better(lower) {}
    const char* name;
    figure value;
    bool lower_is_better;
  };
  const way ways[] = {
      way(
          "mean ttft",
          [](const turn& t) { return t.sums.with_ttft ? t.sums.ttft / static_cast<double>(t.sums.with_ttft) : 0; },
          true),
      way(
          "mean e2e",
          [](const turn& t) { return t.sums.complete ? t.sums.e2e / static_cast<double>(t.sums.complete) : 0; }, true),
      way(
          "output tokens/s",
          [](const turn& t) { return t.seconds > 0 ? static_cast<double>(t.sums.output_tokens) / t.seconds : 0; },
          false),
  };
  for (std::uint32_t other = 1; other < targets; ++other)
    for (const auto& w : ways) {
      std::vector<std::pair<double, double>> pairs;
      double first = 0;
      for (const auto& t : turns) {
        if (t.target == 0)
          first = w.value(t);
        else if (t.target == other && first > 0 && w.value(t) > 0)
          pairs.emplace_back(w.value(t), first);
      }
      auto& c = all.emplace_back();
      c.first = other;
      c.second = 0;
      c.figure = w.name;
      c.lower_is_better = w.lower_is_better;
      c.ratio = trend::compare(pairs, seed);
      c.pairs = std::move(pairs);
    }
  return all;
}

stretch planned(const bench_options& o) {
  stretch s;
  s.load = o.load();
  s.seed = o.seed();
  s.warm_up = warm_up_of(o);
  s.length = o.length();
  s.requests = o.requests();
  s.window = window_of(o);
  return s;
}

asio::awaitable<void> measure_one(std::shared_ptr<generator> g, bench_prompts& prompts, bench_options o) {
  co_await generator::run(g, prompts, planned(o));
  co_await generator::drain(g, 0, o.drain());
}

duration usual_answer(const recorder::sums& s, duration most) {
  const double seconds = s.complete > 0 ? s.e2e / static_cast<double>(s.complete) : 0;
  return std::min(most, std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds)));
}

asio::awaitable<void> measure_in_turns(std::shared_ptr<generator> g, std::uint32_t targets, bench_prompts& prompts,
                                       bench_options o) {
  constexpr duration::rep usual_rounds = 10;
  auto s = planned(o);
  const auto each = o.length() / static_cast<int>(targets); // of a target
  auto rounds = usual_rounds;
  if (o.length() > duration()) {
    s.length =
        o.turn() > duration() ? std::min(o.turn(), each) : std::max<duration>(std::chrono::seconds(2), each / 10);
    rounds = std::max<duration::rep>(1, each / s.length);
    s.window = std::min(s.window, s.length);
  }
  if (o.requests() > 0) {
    rounds = std::min(rounds, static_cast<duration::rep>(o.requests()));
    s.requests = o.requests() / static_cast<std::uint64_t>(rounds);
  }
  const auto length = s.length, window = s.window;
  // Places that all begin at once are not yet the load that is meant: a turn of them warms up until answers have come.
  const bool rises = o.load().what() == bench_load::kind::closed && o.warm_up() != duration();
  std::vector<duration> rising(targets);
  std::vector<turn> turns;
  for (duration::rep round = 0; round < rounds && !g->over(); ++round)
    for (std::uint32_t t = 0; t < targets && !g->over(); ++t) {
      s.target = t;
      s.seed = o.seed() + static_cast<std::uint64_t>(round);
      s.warm_up = round == 0 ? warm_up_of(o) : rising[t];
      if (length > duration()) {
        s.length = round == 0 ? length : length - rising[t];
        s.window = std::min(window, s.length);
      }
      auto& now = turns.emplace_back(t, g->books().windows());
      co_await generator::run(g, prompts, s);
      // The next target must not compete with what this one still does.
      co_await generator::drain(g, 0, o.drain());
      now.sums = g->books().summed(now.first_window);
      now.seconds = in_seconds(now.sums.length);
      if (rises)
        rising[t] = usual_answer(now.sums, length > duration() ? length / 2 : duration::max());
    }
  if (g->over() && !turns.empty())
    turns.pop_back();
  g->books().record().comparisons = compared(turns, targets, o.seed());
}

} // namespace

asio::awaitable<bench_result> run_bench(std::vector<bench_target> targets, bench_prompts& prompts, bench_options o,
                                        bench_stop stop) {
  check(targets, o);
  if (o.length() == duration() && o.requests() == 0 && o.load().what() != bench_load::kind::recorded)
    o.length(o.load().length() > duration() ? o.load().length() : duration(std::chrono::seconds(30)));
  const auto ex = co_await asio::this_coro::executor;
  const auto number = static_cast<std::uint32_t>(targets.size());
  const auto g = std::make_shared<generator>(ex, std::move(targets), o, stop);
  auto measuring = number == 1 ? measure_one(g, prompts, o) : measure_in_turns(g, number, prompts, o);
  auto all = finished(g, std::move(measuring));
  co_await std::move(all);
  const auto r = closed_books(*g, o, o.load(), prompts);
  auto floor = measure_floor(r, g->last_prompt(), o, o.load(), stop);
  co_await std::move(floor);
  co_return bench_result(r);
}

asio::awaitable<bench_result> run_bench(bench_target of, bench_prompts& prompts, bench_options o, bench_stop stop) {
  return run_bench(std::vector<bench_target>(1, std::move(of)), prompts, std::move(o), std::move(stop));
}

} // namespace weir::inline v0
