// When the calls of a load start.
#include "bench/engine/generator.hpp"

#include <algorithm>
#include <utility>

#include <weir/core/backoff.hpp>

#include "bench/load/schedule.hpp"
#include "core/async/ration.hpp"

namespace weir::inline v0::bench_engine {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_in_flight = 100'000;
// How long a wait may take until it sees that the run has been ended.
constexpr auto longest_nap = std::chrono::milliseconds(50);
// A place of a closed load whose call failed at once waits, or a dead target would be called as fast as that fails.
constexpr auto pause_after_failure = std::chrono::milliseconds(100);

// At the rate that an open load begins with, or, where that is 0, with the first one that is not.
bench_load warm_load(const bench_load& of) {
  double rate = 0;
  for (const auto& s : of.stretches()) {
    rate = s.from() > 0 ? s.from() : s.to();
    if (rate > 0)
      break;
  }
  return at_rate(rate > 0 ? rate : 1, of);
}

// At a speed, within what a duration can hold.
duration scaled(duration d, double speed) noexcept {
  constexpr double most = 9e18;
  return duration(static_cast<duration::rep>(std::clamp(static_cast<double>(d.count()) / speed, 0.0, most)));
}

} // namespace

bench_load at_rate(double rate, const bench_load& like) {
  auto load = bench_load::rate(rate);
  if (like.spaced() == bench_load::spacing::poisson)
    load.poisson();
  else if (like.spaced() == bench_load::spacing::gamma)
    load.gamma(like.burstiness());
  return load;
}

// Until no further ones are to start.
asio::awaitable<void> generator::start_calls(std::shared_ptr<generator> self, bench_prompts& prompts, stretch s) {
  auto& g = *self;
  if (s.load.what() == bench_load::kind::closed) {
    const auto [k, n] = g.options_.part();
    // The first places are those of the first parts.
    const auto places = s.load.concurrency() / n + (k <= s.load.concurrency() % n ? 1 : 0);
    for (std::size_t i = 0; i < places; ++i)
      g.calls_.spawn(place(self, prompts, s, g.begun_, i));
    const auto end = s.length > duration() ? g.begun_ + s.warm_up + s.length : duration::max();
    while (!g.ended())
      co_await g.until(std::min<duration>(g.now() + longest_nap, end));
  } else if (s.load.what() == bench_load::kind::recorded) {
    co_await g.replay(prompts, s, g.begun_);
  } else {
    if (s.warm_up > duration()) {
      auto warm = s;
      warm.length = s.warm_up;
      warm.load = warm_load(s.load);
      co_await g.pace(prompts, warm, g.begun_);
    }
    co_await g.pace(prompts, s, g.begun_ + s.warm_up);
  }
}

asio::awaitable<void> generator::until(duration when) {
  // A load that is behind must let answers be read, and signals be seen.
  if (when > now())
    behind_ = 0;
  else if (++behind_ % 8 == 0)
    co_await give_way();
  for (auto left = when - now(); left > duration() && !cut_off(); left = when - now())
    co_await sleep_for(std::min<duration>(left, longest_nap));
}

asio::awaitable<void> generator::pace(bench_prompts& prompts, stretch s, duration begin) {
  load::part_of schedule(load::arrivals_of(s.load, s.seed), options_.part().first, options_.part().second);
  while (!ended()) {
    const auto at = schedule.next();
    if (!at || (s.length > duration() && *at >= s.length))
      break;
    // Before its time: to make up a long one takes milliseconds.
    auto prompt = next_prompt(prompts);
    if (!prompt)
      co_return;
    co_await until(begin + *at);
    if (ended() || is_too_much() || !take_request())
      co_return;
    calls_.spawn(converse(shared_from_this(), s.target, std::move(*prompt), begin + *at, round_));
  }
  if (s.length > duration() && !ended())
    co_await until(begin + s.length);
}

bool generator::is_too_much() {
  if (books_.in_flight() < most_in_flight)
    return false;
  problem_ = "100,000 requests are in flight, and no more are started";
  return true;
}

asio::awaitable<void> generator::replay(bench_prompts& prompts, stretch s, duration begin) {
  duration last{};
  while (!ended()) {
    auto prompt = next_prompt(prompts);
    if (!prompt)
      co_return;
    if (!prompt->at())
      throw error(errc::invalid_argument, "a recorded load needs prompts with times: use a trace, or give a rate");
    last = std::max(last, scaled(*prompt->at(), s.load.speed()));
    if (s.length > duration() && last >= s.length)
      break;
    co_await until(begin + last);
    if (ended() || is_too_much() || !take_request())
      co_return;
    calls_.spawn(converse(shared_from_this(), s.target, std::move(*prompt), begin + last, round_));
  }
}

asio::awaitable<void> generator::place(std::shared_ptr<generator> self, bench_prompts& prompts, stretch s,
                                       duration begin, std::size_t number) {
  auto& g = *self;
  const auto round = g.round_;
  const auto n = static_cast<duration::rep>(std::max<std::size_t>(1, s.load.concurrency() / g.options_.part().second));
  co_await g.until(begin + s.load.rising() * static_cast<duration::rep>(number) / n);
  while (g.goes_on(round) && !g.ended()) {
    auto prompt = g.next_prompt(prompts);
    if (!prompt || !g.take_request())
      co_return;
    const auto began = g.now();
    auto calls = converse(self, s.target, std::move(*prompt), began, round);
    co_await std::move(calls);
    if (g.now() - began < std::chrono::milliseconds(1) && g.books_.last_failed())
      co_await g.until(g.now() + pause_after_failure);
  }
}

std::optional<bench_prompt> generator::next_prompt(bench_prompts& prompts) {
  const auto [k, n] = options_.part();
  std::optional<bench_prompt> mine;
  try {
    for (unsigned i = 1; i <= n; ++i) {
      auto p = prompts.next();
      if (!p) {
        exhausted_ = true;
        break;
      }
      if (i == k)
        mine = std::move(p);
    }
  } catch (...) {
    error_ = std::current_exception();
    exhausted_ = true;
    mine.reset();
  }
  if (mine && !last_prompt_)
    last_prompt_ = mine;
  return mine;
}

// One of the requests that there are to be; those of the warm-up are not counted.
bool generator::take_request() {
  if (stretch_.requests == 0 || now() < begun_ + stretch_.warm_up)
    return true;
  if (requests_left_ == 0)
    return false;
  --requests_left_;
  return true;
}

} // namespace weir::inline v0::bench_engine
