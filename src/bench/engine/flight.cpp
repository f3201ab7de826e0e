#include "bench/engine/flight.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>
#include <variant>

#include <weir/core/as_result.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/within.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/reply.hpp>

namespace weir::inline v0::bench_engine {

namespace asio = boost::asio;

namespace {

// When the tokens of a stream were read.
class read_times final : public reply::listener {
public:
  explicit read_times(std::shared_ptr<time_point> last) : last_(std::move(last)) {}
  void token(const reply::source&, time_point now) override { *last_ = now; }
  void ended(const reply::source&) override {}

private:
  std::shared_ptr<time_point> last_;
};

// Collects the times of one call.
class watch {
public:
  explicit watch(flight how) : how_(std::move(how)) { made_.times.meant = how_.meant; }

  void begin(time_point now) {
    began_ = now;
    made_.own_delay = now - how_.origin - how_.meant;
  }
  std::unique_ptr<reply::listener> listener() const { return std::make_unique<read_times>(read_); }

  void note(const event& e, const attempt& a) {
    auto& t = made_.times;
    if (!e.is_token())
      return;
    ++tokens_;
    if (!t.first_content)
      *read_ = began_ + a.begun + a.first_token;
    const auto at = *read_ - how_.origin;
    if (!t.first_content) {
      t.first_content = at;
      t.chunks = 1;
      if (how_.content)
        *how_.content = true;
    } else if (at != *t.last_content) {
      t.gaps.push_back(at - *t.last_content);
      ++t.chunks;
    }
    if (t.chunks == 1)
      t.first_chunk_tokens = tokens_;
    t.last_content = at;
    if (!t.first_output && !e.is(event::kind::reasoning))
      t.first_output = at;
    if (how_.wants_text)
      made_.text += e.text();
  }

  // A response in one piece: all of its content comes at once.
  void arrived_whole(const attempt& a) {
    const auto at = began_ + a.begun + a.ended - how_.origin;
    made_.times.first_content = made_.times.first_output = made_.times.last_content = at;
    made_.times.chunks = 1;
    if (how_.content)
      *how_.content = true;
  }

  void take(const attempt& a) {
    auto& t = made_.times;
    made_.provider = a.provider;
    made_.model = a.model;
    made_.url = a.url;
    made_.limits = a.limits;
    if (a.ended != duration())
      ended_ = began_ + a.begun + a.ended;
    t.attempts = std::max(1u, a.number);
    t.status = a.status;
    const auto since = began_ + a.begun - how_.origin;
    const auto& c = a.connection;
    const auto connecting = c.resolve + c.connect + c.proxy + c.handshake;
    if (a.sent != duration()) {
      t.sent = since + a.sent;
      made_.own_delay = std::max(duration(), *t.sent - t.meant - connecting);
    }
    if (a.first_byte != duration())
      t.first_byte = since + a.first_byte;
    made_.connected = !c.reused && connecting > duration();
    if (made_.connected)
      t.connect = connecting;
  }
  void take(outcome o, const failure& f, const usage& u, const answer_info& i) {
    made_.times.outcome = o;
    made_.failure = f;
    made_.usage = u;
    made_.info = i;
  }
  void failed(failure f) {
    made_.times.outcome = outcome_of(f);
    made_.failure = std::move(f);
  }

  landing end(time_point now) {
    auto& t = made_.times;
    t.ended = ended_.value_or(now) - how_.origin;
    t.failure = made_.failure.code();
    if (made_.failure.status() != 0)
      t.status = made_.failure.status();
    const auto& u = made_.usage;
    const auto told = u.completion_tokens ? u.completion_tokens : u.units.output_tokens();
    t.input_tokens = u.prompt_tokens.value_or(u.units.input_tokens().value_or(0));
    t.cached_tokens = u.cached_tokens.value_or(0);
    t.estimated = !told || u.estimated;
    t.output_tokens = told.value_or(tokens_);
    t.first_chunk_tokens = std::max<std::uint64_t>(1, t.first_chunk_tokens);
    return std::move(made_);
  }

  const flight& how() const noexcept { return how_; }
  time_point began() const noexcept { return began_; }
  landing& made() noexcept { return made_; }

private:
  const flight how_;
  landing made_;
  time_point began_{};
  std::optional<time_point> ended_;
  std::uint64_t tokens_ = 0;
  std::shared_ptr<time_point> read_ = std::make_shared<time_point>();
};

asio::awaitable<void> read(reply from, std::shared_ptr<watch> w) {
  from.attach(w->listener());
  std::exception_ptr why;
  try {
    for (;;) {
      const auto e = co_await from.next();
      if (!e)
        break;
      w->note(*e, from.attempt());
    }
  } catch (...) {
    why = std::current_exception();
  }
  w->take(from.attempt());
  w->take(from.outcome(), from.failure(), from.usage(), from.info());
  if (why && !from.failure())
    w->failed(failure_of(why));
}

asio::awaitable<void> stream(client& by, weir::chat request, std::shared_ptr<watch> w) {
  auto open = co_await by.stream(std::move(request));
  co_await read(std::move(open), w);
}
asio::awaitable<void> stream(client& by, weir::text_generation request, std::shared_ptr<watch> w) {
  auto open = co_await by.stream(std::move(request));
  co_await read(std::move(open), w);
}

template <class Made>
void take_whole(const Made& made, watch& w) {
  if (made.attempt) {
    w.take(*made.attempt);
    w.arrived_whole(*made.attempt);
  }
}

asio::awaitable<void> run(client& by, weir::chat request, std::shared_ptr<watch> w) {
  const auto made = co_await by.run(std::move(request));
  take_whole(made, *w);
  w->take(made.outcome, made.failure, made.usage, made.info);
  if (w->how().wants_text)
    w->made().text = made.text();
}
asio::awaitable<void> run(client& by, weir::text_generation request, std::shared_ptr<watch> w) {
  const auto made = co_await by.run(std::move(request));
  take_whole(made, *w);
  w->take(made.outcome, made.failure, made.usage, answer_info());
}
asio::awaitable<void> run(client& by, task_request request, std::shared_ptr<watch> w) {
  auto open = co_await by.submit_any(std::move(request));
  for (;;) {
    const auto e = co_await open.next();
    if (!e)
      break;
  }
  w->take(open.attempt());
  w->arrived_whole(open.attempt());
  w->take(open.outcome(), open.failure(), open.usage(), open.info());
}

asio::awaitable<void> begin(client& by, batch_item::request_type request, std::shared_ptr<watch> w) {
  const bool streamed = w->how().streamed;
  if (auto* chat = std::get_if<weir::chat>(&request))
    return streamed ? stream(by, std::move(*chat), std::move(w)) : run(by, std::move(*chat), std::move(w));
  if (auto* made = std::get_if<weir::text_generation>(&request))
    return streamed ? stream(by, std::move(*made), std::move(w)) : run(by, std::move(*made), std::move(w));
  return run(by, std::get<task_request>(std::move(request)), std::move(w));
}

} // namespace

asio::awaitable<landing> fly(client& by, batch_item::request_type request, flight how) {
  const auto ex = co_await asio::this_coro::executor;
  const auto& time = time_of(ex);
  const auto limit = how.cancel_after;
  const auto w = std::make_shared<watch>(std::move(how));
  w->begin(time.now());
  auto making = begin(by, std::move(request), w);
  if (limit)
    making = within(*limit, std::move(making));
  const auto done = co_await as_result(std::move(making));
  if (!done)
    w->failed(done.error());
  // A reply that the limit ended says cancelled, one that had not begun the deadline.
  const auto code = w->made().failure.code();
  w->made().by_plan =
      limit && time.now() - w->began() >= *limit && (code == errc::cancelled || code == errc::deadline_exceeded);
  co_return w->end(time.now());
}

} // namespace weir::inline v0::bench_engine
