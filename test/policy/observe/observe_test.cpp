// The observing layer: what a record contains, and when observers are notified.
#include <doctest/doctest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <stdexcept>

#include <weir/core/group.hpp>
#include <weir/core/within.hpp>
#include <weir/policy/observe/observe.hpp>

#include "core/support.hpp"
#include "policy/observe/observe.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;

namespace {

class asking final : public operation {
public:
  std::string_view name() const noexcept override { return "chat"; }
  token_estimate tokens() const override { return {}; }
};

// A reply that the test controls.
class puppet final : public reply::source {
public:
  asio::awaitable<std::optional<event>> next() override { co_return std::nullopt; }
  asio::awaitable<bool> ready() override { co_return false; }
  void end_by(errc reason) noexcept override {
    if (ended)
      return;
    how = reason == errc::deadline_exceeded ? outcome::deadline : outcome::cancelled;
    why = weir::failure(reason, "from this side");
    end();
  }
  void token() { tell_first_token(); }
  void end() {
    ended = true;
    tell_end();
  }

  weir::outcome outcome() const noexcept override { return how; }
  const weir::failure& failure() const noexcept override { return why; }
  const weir::usage& usage() const noexcept override { return used; }
  const std::string& finish_reason() const noexcept override { return finish; }
  const answer_info& info() const noexcept override { return said; }
  const weir::attempt& attempt() const noexcept override { return *record; }

  bool ended = false;
  weir::outcome how = weir::outcome::complete;
  weir::failure why;
  weir::usage used;
  std::string finish = "stop";
  answer_info said;
  std::shared_ptr<weir::attempt> record = std::make_shared<weir::attempt>();
};

using answering = std::function<asio::awaitable<reply>(call&)>;

class wire_of_test final : public handler {
public:
  explicit wire_of_test(answering f) : f_(std::move(f)) {}
  asio::awaitable<reply> operator()(call& c) override { return f_(c); }

private:
  answering f_;
};

class witness final : public observer {
public:
  void call_begun(const call_record& r) noexcept override { note("begun " + r.operation + ' ' + r.provider); }
  void attempt_ended(const call_record&, const attempt& a) noexcept override {
    note("attempt " + std::to_string(a.number));
  }
  void call_ended(const call_record& r) noexcept override {
    note("ended " + std::string(name_of(r.outcome)));
    last = r;
  }
  std::string seen;
  call_record last;

private:
  void note(const std::string& what) { seen += (seen.empty() ? "" : ", ") + what; }
};

class bench {
public:
  explicit bench(answering inner, bool watched = true) {
    std::vector<std::shared_ptr<observer>> all;
    if (watched)
      all.push_back(eye);
    top = make_observe(all)(std::make_shared<wire_of_test>(std::move(inner)));
  }
  call make(bool streamed = true) {
    call c(std::make_shared<asking>(), target("groq/llama"), world.root, world.now());
    c.streamed = streamed;
    return c;
  }

  test::world world;
  std::shared_ptr<witness> eye = std::make_shared<witness>();
  handler_ptr top;
};

asio::awaitable<reply> after_a_second(call& c, std::shared_ptr<puppet> p) {
  const auto ex = co_await asio::this_coro::executor;
  begin_attempt(c, time_of(ex).now());
  p->record = c.attempt;
  co_await sleep_for(1s);
  co_return reply(p);
}

// A wait that knows nothing of deadlines.
asio::awaitable<reply> wait_blindly(call& c, std::shared_ptr<puppet> p) {
  const auto ex = co_await asio::this_coro::executor;
  begin_attempt(c, time_of(ex).now());
  p->record = c.attempt;
  asio::steady_timer never_rings(ex, std::chrono::steady_clock::time_point::max());
  co_await never_rings.async_wait(asio::use_awaitable);
  co_return reply(p);
}

// As the retry layer does: waits for the first event before it returns the reply.
asio::awaitable<reply> read_ahead(call& c, std::shared_ptr<puppet> p) {
  const auto ex = co_await asio::this_coro::executor;
  co_await sleep_for(50ms);
  begin_attempt(c, time_of(ex).now());
  p->record = c.attempt;
  co_await sleep_for(100ms);
  p->record->first_token = 100ms;
  p->token();
  co_await sleep_for(900ms);
  co_return reply(p);
}

asio::awaitable<void> ask(bench& b, call& c) { co_await (*b.top)(c); }

} // namespace

TEST_CASE("a streamed call is reported once, with its times, when its reply has ended") {
  const auto p = std::make_shared<puppet>();
  bench b([p](call& c) { return after_a_second(c, p); });
  auto c = b.make();
  b.world.run([&]() -> asio::awaitable<void> {
    auto r = co_await (*b.top)(c);
    CHECK(b.eye->seen == "begun chat groq");
    co_await sleep_for(2s);
    p->token();
    co_await sleep_for(4s);
    p->used.prompt_tokens = 7;
    p->said.id = "chatcmpl-1";
    p->end();
    p->end();
    r.cancel();
  });
  CHECK(b.eye->seen == "begun chat groq, attempt 1, ended complete");
  const auto& record = b.eye->last;
  CHECK(record.model == "llama");
  CHECK(record.streamed);
  CHECK(record.first_token == 3s);
  CHECK(record.ended == 7s);
  CHECK(record.usage.prompt_tokens == 7);
  CHECK(record.finish_reason == "stop");
  CHECK(record.info.id == "chatcmpl-1");
  CHECK(record.started == std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
  CHECK(c.record->ended == 7s);
}

TEST_CASE("a first token that was read before the listener was attached keeps its time") {
  const auto p = std::make_shared<puppet>();
  bench b([p](call& c) { return read_ahead(c, p); });
  auto c = b.make();
  b.world.run([&]() -> asio::awaitable<void> {
    auto r = co_await (*b.top)(c);
    p->end();
  });
  CHECK(b.eye->last.first_token == 150ms);
  CHECK(b.eye->last.ended == 1050ms);
}

TEST_CASE("an answer that is not streamed is reported when it has arrived, without a first token") {
  bench b([](call& c) -> asio::awaitable<reply> {
    begin_attempt(c, c.begun);
    weir::usage used;
    used.completion_tokens = 3;
    co_return reply(std::make_shared<completed_reply>(std::any(1), outcome::length, failure(), used, c.attempt));
  });
  auto c = b.make(false);
  b.world.run([&]() -> asio::awaitable<void> {
    auto r = co_await (*b.top)(c);
    CHECK(b.eye->seen == "begun chat groq, attempt 1, ended length");
  });
  CHECK(b.eye->seen == "begun chat groq, attempt 1, ended length");
  CHECK(b.eye->last.first_token == duration());
  CHECK_FALSE(b.eye->last.streamed);
  CHECK(b.eye->last.usage.completion_tokens == 3);
}

TEST_CASE("a reply that is dropped ends its call as cancelled") {
  const auto p = std::make_shared<puppet>();
  bench b([p](call& c) { return after_a_second(c, p); });
  auto c = b.make();
  b.world.run([&]() -> asio::awaitable<void> {
    {
      auto r = co_await (*b.top)(c);
    }
    CHECK(b.eye->seen == "begun chat groq, attempt 1, ended cancelled");
  });
  CHECK(b.eye->last.ended == 1s);
}

TEST_CASE("a call that fails before a reply is reported with its failure, which is rethrown") {
  bench b([](call& c) -> asio::awaitable<reply> {
    begin_attempt(c, c.begun);
    begin_attempt(c, c.begun);
    throw error(failure(errc::rate_limited, "slow down").status(429));
    co_return reply(nullptr);
  });
  auto c = b.make();
  CHECK(test::code_of([&] { b.world.run([&]() -> asio::awaitable<void> { co_await (*b.top)(c); }); }) ==
        errc::rate_limited);
  CHECK(b.eye->seen == "begun chat groq, attempt 1, attempt 2, ended failed");
  CHECK(b.eye->last.failure.status() == 429);
}

TEST_CASE("a foreign exception is reported as a failure") {
  bench b([](call&) -> asio::awaitable<reply> {
    throw std::runtime_error("broken layer");
    co_return reply(nullptr);
  });
  auto c = b.make();
  CHECK_THROWS_AS(b.world.run([&]() -> asio::awaitable<void> { co_await (*b.top)(c); }), std::runtime_error);
  CHECK(b.eye->seen == "begun chat groq, ended failed");
  CHECK(b.eye->last.failure.message() == "unexpected exception: broken layer");
  CHECK(otel_error_type(b.eye->last) == "unexpected");
}

TEST_CASE("a call that is cancelled while it waits ends as cancelled, and one at its deadline as that") {
  const auto p = std::make_shared<puppet>();
  const auto wait = [p](call& c) { return wait_blindly(c, p); };
  bench b(wait);
  auto c = b.make();
  CHECK(test::code_of([&] {
          b.world.run([&]() -> asio::awaitable<void> {
            auto opening = (*b.top)(c);
            co_await within(300ms, std::move(opening));
          });
        }) == errc::deadline_exceeded);
  CHECK(b.eye->seen == "begun chat groq, attempt 1, ended deadline");
  CHECK(b.eye->last.ended == 300ms);
  CHECK(b.eye->last.failure.code() == errc::deadline_exceeded);

  bench d(wait);
  auto e = d.make();
  d.world.run([&]() -> asio::awaitable<void> {
    weir::group group(d.world.executor());
    group.spawn(ask(d, e));
    co_await sleep_for(200ms);
    group.cancel();
    try {
      co_await group.join();
    } catch (const boost::system::system_error&) {
    }
  });
  CHECK(d.eye->seen == "begun chat groq, attempt 1, ended cancelled");
  CHECK(d.eye->last.ended == 200ms);
}

TEST_CASE("the record is filled even without observers") {
  const auto p = std::make_shared<puppet>();
  bench b([p](call& c) { return after_a_second(c, p); }, false);
  auto c = b.make();
  b.world.run([&]() -> asio::awaitable<void> {
    auto r = co_await (*b.top)(c);
    p->end();
  });
  CHECK(b.eye->seen.empty());
  CHECK(c.record->outcome == outcome::complete);
  CHECK(c.record->ended == 1s);
  CHECK(c.record->operation == "chat");
}

TEST_CASE("a context that is destroyed under a call notifies nobody, and nothing breaks") {
  std::shared_ptr<witness> eye;
  {
    const auto p = std::make_shared<puppet>();
    bench b([p](call& c) { return after_a_second(c, p); });
    eye = b.eye;
    auto c = b.make();
    asio::co_spawn(b.world.executor(), ask(b, c), [](std::exception_ptr) {});
    testing::run(b.world.io, 500ms);
  }
  CHECK(eye->seen == "begun chat groq");
}

TEST_CASE("functions can observe too, and their exceptions are ignored") {
  int calls = 0, attempts = 0;
  const auto counted = on_call([&](const call_record& r) {
    calls += r.outcome == outcome::complete;
    throw std::runtime_error("disk full");
  });
  const auto each = on_attempt([&](const call_record&, const attempt& a) {
    attempts += a.number == 1;
    throw 1;
  });
  const auto p = std::make_shared<puppet>();
  bench b([p](call& c) { return after_a_second(c, p); });
  std::vector<std::shared_ptr<observer>> all{counted, each};
  const auto top = make_observe(all)(std::make_shared<wire_of_test>([p](call& c) { return after_a_second(c, p); }));
  auto c = b.make();
  b.world.run([&]() -> asio::awaitable<void> {
    auto r = co_await (*top)(c);
    p->end();
  });
  CHECK(calls == 1);
  CHECK(attempts == 1);
}
