#include "bench/engine/generator.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>
#include <variant>

#include <weir/core/as_result.hpp>
#include <weir/core/backoff.hpp>

#include "bench/load/schedule.hpp"
#include "core/async/ration.hpp"

namespace weir::inline v0::bench_engine {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_in_flight = 100'000;
constexpr auto beat_gap = std::chrono::milliseconds(10);
// How long a wait may take until it sees that the run has been ended.
constexpr auto longest_nap = std::chrono::milliseconds(50);
// A place of a closed load whose call failed at once waits, or a dead target would be called as fast as that fails.
constexpr auto pause_after_failure = std::chrono::milliseconds(100);

// The request of the next turn. Only chats can be continued; any other is asked again.
batch_item::request_type continued(batch_item::request_type before, const std::string& answer, const bench_turn& next) {
  if (next.request())
    return *next.request();
  if (auto* chat = std::get_if<weir::chat>(&before)) {
    chat->add(message::assistant(answer));
    for (const auto& m : next.messages())
      chat->add(m);
    if (next.output_tokens() > 0)
      chat->max_tokens(static_cast<std::int64_t>(next.output_tokens()));
  }
  return before;
}

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

bench_call told(const landing& l, bool warm_up) {
  bench_call c;
  const auto& t = l.times;
  c.target = t.target;
  c.meant = t.meant;
  c.sent = t.sent;
  c.first_byte = t.first_byte;
  c.first_content = t.first_content;
  c.first_output = t.first_output;
  c.last_content = t.last_content;
  c.ended = t.ended;
  c.outcome = t.outcome;
  c.failure = l.failure;
  c.input_tokens = t.input_tokens;
  c.cached_tokens = t.cached_tokens;
  c.output_tokens = t.output_tokens;
  c.warm_up = warm_up;
  return c;
}

// At a speed, within what a duration can hold.
duration scaled(duration d, double speed) noexcept {
  constexpr double most = 9e18;
  return duration(static_cast<duration::rep>(std::clamp(static_cast<double>(d.count()) / speed, 0.0, most)));
}

// Counts as long as it lives.
class counted {
public:
  explicit counted(std::size_t& n) : number_(n) { ++number_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --number_; }

private:
  std::size_t& number_;
};

double share_of(std::size_t part, std::size_t all) noexcept {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
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

generator::generator(asio::any_io_executor ex, std::vector<bench_target> targets, bench_options o, bench_stop stop)
    : ex_(std::move(ex)), time_(time_of(ex_)), targets_(std::move(targets)), options_(std::move(o)),
      stop_(std::move(stop)), origin_(time_.now()), books_(targets_, options_.objectives()), calls_(ex_),
      dice_(options_.seed() ^ 0x5eed) {}

asio::awaitable<void> generator::run(std::shared_ptr<generator> self, bench_prompts& prompts, stretch s) {
  auto& g = *self;
  g.stretch_ = s;
  ++g.round_;
  g.begun_ = g.now();
  g.enough_ = false;
  const auto [part, parts] = g.options_.part();
  s.requests = s.requests == 0 ? 0 : std::max<std::uint64_t>(1, s.requests / parts + (part <= s.requests % parts));
  g.stretch_.requests = g.requests_left_ = s.requests;
  g.running_ = true;
  g.open_window(g.begun_);
  g.beat_due_ = g.time_.now();
  g.beat();
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
  if (g.exhausted_ || (s.requests > 0 && g.requests_left_ == 0)) {
    auto waiting = g.tail();
    co_await std::move(waiting);
  }
  g.running_ = false;
  g.beat_alarm_.cancel();
  if (g.books_.in_window())
    g.close_window(std::min(g.now(), g.window_end_));
  if (g.error_)
    std::rethrow_exception(std::exchange(g.error_, nullptr));
}

// A number of requests has no length but until the last answer: that time is measured too.
asio::awaitable<void> generator::tail() {
  tail_ = true;
  if (!books_.in_window())
    open_window(now());
  auto last = now(); // that a call began or ended
  auto before = books_.in_flight();
  while (conversations_ > 0 && now() - last < options_.drain() && !stop_.stopped()) {
    co_await sleep_for(beat_gap);
    if (std::exchange(before, books_.in_flight()) != books_.in_flight())
      last = now();
  }
  tail_ = false;
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

bool generator::is_past_end() const {
  return cut_off() || enough_ || (stretch_.length > duration() && now() >= begun_ + stretch_.warm_up + stretch_.length);
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

// The requests of one prompt, one after the other: the calls of a conversation are calls of their own.
asio::awaitable<void> generator::converse(std::shared_ptr<generator> self, std::uint32_t target, bench_prompt prompt,
                                          duration meant, std::uint64_t round) {
  auto& g = *self;
  const counted here(g.conversations_);
  auto& by = g.targets_[target].by();
  batch_item::request_type request = prompt.request();
  const auto& turns = prompt.turns();
  const auto fingerprint = batch_fingerprint(request);
  auto wanted_input = prompt.input_tokens(), wanted_output = prompt.output_tokens();
  for (std::size_t turn = 0;; ++turn) {
    flight how;
    how.origin = g.origin_;
    how.meant = meant;
    how.streamed = g.options_.streamed();
    how.wants_text = turn < turns.size();
    how.cancel_after = g.cancels();
    g.turn_window(meant);
    const auto call = g.books_.begin(meant, fingerprint + turn);
    how.content = call->content;
    auto sent = turn < turns.size() ? request : std::move(request);
    auto flying = fly(by, std::move(sent), std::move(how));
    auto l = co_await std::move(flying);
    if (g.giving_up_) {
      if (g.stop_.stopped()) {
        g.books_.drop(call);
        co_return;
      }
    }
    if (g.giving_up_ && !l.times.complete()) {
      l.failure = failure(errc::deadline_exceeded, "no answer in the time that the run waits for answers at its end");
      l.times.failure = l.failure.code();
      l.times.outcome = outcome::deadline;
    }
    l.times.target = target;
    l.times.wanted_input = wanted_input;
    l.times.wanted_output = wanted_output;
    const bool warm_up = g.books_.is_warm_up(call);
    g.books_.end(call, l, g.options_.prices().get());
    if (g.options_.each())
      g.guard([&] { g.options_.each()(told(l, warm_up)); });
    if (const auto why = g.books_.hopeless())
      g.problem_ = *why;
    if (turn == turns.size() || !l.times.complete() || g.giving_up_)
      co_return;
    const auto& next = turns[turn];
    meant = g.now() + next.delay();
    co_await g.until(meant);
    if (!g.goes_on(round) || !g.take_request())
      co_return;
    request = continued(std::move(request), l.text, next);
    wanted_input = 0;
    wanted_output = next.output_tokens();
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

std::optional<duration> generator::cancels() {
  if (options_.cancel_share() <= 0)
    return std::nullopt;
  const auto dice = static_cast<double>(dice_() >> 11) * 0x1p-53;
  return dice < options_.cancel_share() ? std::optional(options_.cancel_after()) : std::nullopt;
}

void generator::beat() {
  const auto now = time_.now();
  books_.beat(now - origin_, std::max(duration(), now - beat_due_));
  turn_window(now - origin_);
  if (!running_)
    return;
  beat_due_ = now + beat_gap;
  beat_alarm_.set(time_, ex_, beat_due_, [this] { beat(); });
}

// What is meant to start at the end of a window belongs to the next one.
void generator::turn_window(duration at) {
  while (books_.in_window() && at >= window_end_) {
    const auto end = window_end_;
    close_window(end);
    if (running_ && (tail_ || !ended()))
      open_window(end);
  }
}

void generator::open_window(duration at) {
  const auto warm_end = begun_ + stretch_.warm_up;
  const bool warm = at < warm_end;
  window_end_ = at + stretch_.window;
  if (warm && window_end_ > warm_end)
    window_end_ = warm_end;
  if (stretch_.length > duration() && !tail_)
    window_end_ = std::min(window_end_, warm_end + stretch_.length);
  books_.begin_window(at, window_end_ - at, stretch_.target, warm);
}

void generator::close_window(duration at) {
  books_.end_window(at, cpu_.take(time_.now()));
  if (stretch_.goes_on && !books_.last_window().warm_up)
    guard([this] { enough_ = enough_ || !stretch_.goes_on(); });
  if (options_.progress())
    guard([this] { tell_progress(); });
}

// What a hook throws ends the run, and is thrown by it.
template <class F>
void generator::guard(F f) noexcept {
  try {
    f();
  } catch (...) {
    if (!error_)
      error_ = std::current_exception();
    broken_ = true;
  }
}

void generator::tell_progress() const {
  auto p = books_.progress();
  p.phase = books_.last_window().warm_up ? "warm-up" : stretch_.phase;
  p.elapsed = now();
  if (stretch_.length > duration())
    p.left = std::max(duration(), begun_ + stretch_.warm_up + stretch_.length - now());
  options_.progress()(p);
}

asio::awaitable<duration> generator::drain(std::shared_ptr<generator> self, double share, duration limit) {
  auto& g = *self;
  const auto begun = g.now();
  const auto all = g.books_.in_flight();
  const auto done = [&] { return g.books_.in_flight() == 0 || share_of(g.books_.in_flight(), all) < share; };
  while (!done() && g.now() - begun < limit && !g.stop_.stopped())
    co_await sleep_for(std::min<duration>(beat_gap, limit));
  co_return g.now() - begun;
}

asio::awaitable<void> generator::cut(std::shared_ptr<generator> self) {
  auto& g = *self;
  g.running_ = false;
  g.giving_up_ = true;
  g.beat_alarm_.cancel();
  g.calls_.cancel();
  auto ending = g.calls_.join();
  co_await as_result(std::move(ending));
  g.calls_ = group(g.ex_);
  g.giving_up_ = false;
}

asio::awaitable<void> generator::end(std::shared_ptr<generator> self) {
  auto cutting = cut(self);
  co_await std::move(cutting);
  self->books_.finish();
  if (self->error_)
    std::rethrow_exception(std::exchange(self->error_, nullptr));
}

} // namespace weir::inline v0::bench_engine
