#include "bench/engine/books.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include <weir/core/within.hpp>
#include <weir/version.hpp>

#include "bench/engine/machine.hpp"
#include "core/stable_hash.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_engine {

namespace asio = boost::asio;

namespace {

[[noreturn]] void refuse(const std::string& why) { throw error(errc::invalid_argument, why); }

bool is_constant(const bench_load& l) {
  if (l.what() != bench_load::kind::open)
    return l.what() == bench_load::kind::closed;
  return l.stretches().size() == 1 && l.stretches().front().from() == l.stretches().front().to();
}

class one_prompt final : public bench_prompts {
public:
  explicit one_prompt(bench_prompt p) : prompt_(std::move(p)) {}
  std::optional<bench_prompt> next() override { return prompt_; }
  std::string text() const override { return "one prompt"; }

private:
  bench_prompt prompt_;
};

} // namespace

void check(const std::vector<bench_target>& targets, const bench_options& o) {
  const auto [k, n] = o.part();
  if (targets.empty())
    refuse("a benchmark needs a target");
  constexpr unsigned most_parts = 10'000;
  if (n > most_parts)
    refuse("a plan has at most 10,000 parts");
  if (k < 1 || k > n)
    refuse("part " + std::to_string(k) + " of " + std::to_string(n) + ": parts are counted from 1");
  if (o.good_share() <= 0 || o.good_share() > 1)
    refuse("good_share must be above 0, and at most 1");
  if (o.cancel_share() < 0 || o.cancel_share() > 1)
    refuse("the share of cancelled calls must be between 0 and 1");
  if (o.cancel_share() > 0 && o.cancel_after() <= duration())
    refuse("cancelled calls need a time after which they are cancelled");
  constexpr auto longest = std::chrono::hours(24 * 366);
  if (std::max({o.length(), o.drain(), o.window(), o.turn(), o.warm_up().value_or(duration()), o.cancel_after(),
                o.load().rising()}) > longest)
    refuse("times of a benchmark are at most a year");
  if (o.window() > duration() && o.window() < std::chrono::milliseconds(100))
    refuse("windows must be at least 100 ms long");
  if (o.window() > duration() && o.length() / o.window() > 10'000)
    refuse("a run has at most 10,000 windows: give longer ones");
  if (o.length() < duration() || o.drain() < duration() || o.window() < duration() || o.turn() < duration())
    refuse("times must not be below zero");
  if (o.load().what() == bench_load::kind::closed && o.load().concurrency() < n)
    refuse("a load of " + std::to_string(o.load().concurrency()) + " requests at once cannot be shared by " +
           std::to_string(n) + " parts");
  if (targets.size() > 1 && !is_constant(o.load()))
    refuse("targets are compared under a constant load: give one rate, or a number of requests at once");
}

duration window_of(const bench_options& o) noexcept {
  if (o.window() > duration())
    return o.window();
  return std::max<duration>(std::chrono::seconds(1), o.length() / 600);
}

namespace {

void describe_plan(bench_result::record& r, const bench_options& o, const bench_load& load,
                   const bench_prompts& prompts) {
  r.command = o.command();
  r.load = load.text();
  r.prompts = prompts.text();
  r.seed = o.seed();
  r.parts = o.part().second;
  r.good_share = o.good_share();
  if (load.what() == bench_load::kind::closed)
    r.concurrency = load.concurrency();
  else if (load.what() == bench_load::kind::open && is_constant(load))
    r.offered = load.stretches().front().from();
  r.burstiness = load.spaced() == bench_load::spacing::even ? 0 : load.burstiness();
  std::string all = r.load + '\n' + r.prompts + '\n' + std::to_string(r.seed) + '\n' + std::to_string(r.parts) + '\n' +
                    std::to_string(o.length().count()) + '\n' + std::to_string(o.requests());
  for (const auto& s : r.objectives)
    all += '\n' + s.text();
  for (const auto& t : r.targets)
    all += '\n' + t.name;
  r.plan = std::to_string(stable_hash(all));

  auto& from = r.origins.emplace_back();
  from.host = host_name();
  from.system = system_text();
  from.weir_version = version;
  from.governor = frequency_governor();
  from.cpus = std::max(1u, std::thread::hardware_concurrency());
  from.started = std::chrono::system_clock::now();
  from.part = o.part().first;
}

} // namespace

asio::awaitable<void> finished(std::shared_ptr<generator> g, asio::awaitable<void> measuring) {
  std::exception_ptr why;
  try {
    co_await std::move(measuring);
  } catch (...) {
    why = std::current_exception();
  }
  // Of a coroutine that was cancelled every wait would throw before it begins.
  co_await asio::this_coro::throw_if_cancelled(false);
  auto ending = generator::end(g);
  co_await shield(std::chrono::seconds(10), std::move(ending));
  if (why)
    std::rethrow_exception(why);
}

namespace {

asio::awaitable<void> put_load(std::shared_ptr<generator> g, bench_prompts& prompts, stretch s) {
  auto running = generator::run(g, prompts, std::move(s));
  co_await std::move(running);
  auto draining = generator::drain(g, 0, std::chrono::seconds(5));
  co_await std::move(draining);
}

// The floor is worth less than what was measured: where there is none the result has none.
std::optional<bench_floor> floor_of(const bench_options& o, const bench_result::record& measured) {
  try {
    return o.floor()(bench_result(std::make_shared<const bench_result::record>(measured)));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// What out of this load this part has made, at a constant rate. Empty: nothing.
std::optional<bench_load> same_load(const bench_options& o, const bench_load& load, const bench_result::record& r) {
  if (load.what() == bench_load::kind::closed)
    return bench_load::at_once(std::max<std::size_t>(1, load.concurrency() / o.part().second));
  double calls = 0, seconds = 0;
  for (const auto& w : r.windows)
    if (!w.warm_up) {
      calls += static_cast<double>(w.meant);
      seconds += in_seconds(w.length);
    }
  return calls >= 1 && seconds > 0 ? std::optional(at_rate(calls / seconds, load)) : std::nullopt;
}

} // namespace

asio::awaitable<void> measure_floor(std::shared_ptr<bench_result::record> into, std::optional<bench_prompt> prompt,
                                    bench_options o, bench_load load, bench_stop stop) {
  if (!o.floor() || !prompt || stop.stopped())
    co_return;
  const auto same = same_load(o, load, *into);
  const auto floor = same ? floor_of(o, *into) : std::nullopt;
  if (!floor)
    co_return;
  const auto ex = co_await asio::this_coro::executor;
  const std::vector<bench_target> targets(1, floor->of());
  o.cancel(0, duration()).part(1, 1).each({});
  stretch s;
  s.load = *same;
  s.seed = o.seed();
  s.length = std::clamp<duration>(o.length() / 10, std::chrono::seconds(2), std::chrono::seconds(10));
  s.warm_up = s.length / 4;
  s.phase = "own overhead";
  one_prompt prompts(std::move(*prompt).turns({}));
  const auto g = std::make_shared<generator>(ex, targets, o, stop);
  auto loading = put_load(g, prompts, std::move(s));
  auto all = finished(g, std::move(loading));
  co_await std::move(all);
  auto& measured = g->books().record();
  bench_record::floor_record f;
  f.length = measured.targets.front().measured;
  f.all = std::move(measured.targets.front().all);
  f.true_ttft = floor->ttft();
  f.true_gap = floor->gap();
  f.send_delay_p99 = f.all.of(bench_metric::send_delay).at(0.99);
  for (const auto& w : measured.windows)
    f.loop_lag = std::max(f.loop_lag, w.health.loop_lag);
  into->floor = std::move(f);
}

std::shared_ptr<bench_result::record> closed_books(generator& g, const bench_options& o, const bench_load& load,
                                                   const bench_prompts& prompts) {
  const auto r = std::make_shared<bench_result::record>(std::move(g.books().record()));
  describe_plan(*r, o, load, prompts);
  r->origins.front().started -= std::chrono::duration_cast<std::chrono::system_clock::duration>(g.now());
  r->length = g.now();
  r->incomplete_because = g.problem();
  r->complete = r->incomplete_because.empty();
  return r;
}

} // namespace weir::inline v0::bench_engine
