#include "bench/engine/generator.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

#include <weir/core/as_result.hpp>
#include <weir/core/backoff.hpp>

namespace weir::inline v0::bench_engine {

namespace asio = boost::asio;

namespace {

constexpr auto beat_gap = std::chrono::milliseconds(10);

double share_of(std::size_t part, std::size_t all) noexcept {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

} // namespace

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
  auto starting = start_calls(self, prompts, s);
  co_await std::move(starting);
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

bool generator::is_past_end() const {
  return cut_off() || enough_ || (stretch_.length > duration() && now() >= begun_ + stretch_.warm_up + stretch_.length);
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
