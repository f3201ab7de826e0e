// The fallback layer against scripted targets, in simulated time.
#include <doctest/doctest.h>

#include "policy/alternatives/fallback.hpp"
#include "policy/select/balance_random.hpp"
#include "policy/select/balance_support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

class falling {
public:
  explicit falling(fallback f) : top(stack_layers({make_fallback(std::move(f))}, wire)) {}
  std::shared_ptr<played_wire> wire = std::make_shared<played_wire>();
  handler_ptr top;
};

heard ask(world& w, falling& f, std::shared_ptr<call> c) {
  const auto out = std::make_shared<heard>();
  w.run([&]() -> asio::awaitable<void> { co_await read(f.top, c, out); });
  return *out;
}

fallback b_then_c() { return fallback().to(target("b")).to(target("c")); }

} // namespace

TEST_CASE("a call falls back to the next target when its own fails, and stays where it was answered") {
  world w;
  falling f(b_then_c());
  f.wire->on("a/m", behaviour().fail(errc::overloaded));
  f.wire->on("b/m", behaviour().fail(errc::not_found));
  f.wire->on("c/m", behaviour().text("from c"));
  const auto c = make_call(w.root->child(), target("a/m"));
  CHECK(ask(w, f, c).text == "from c");
  CHECK(c->to == target("c/m"));
  CHECK(c->record->attempts.size() == 3);
  CHECK(c->attempt == c->record->attempts[2]);
}

TEST_CASE("a failure of the request is final at once") {
  world w;
  falling f(b_then_c());
  f.wire->on("a/m", behaviour().fail(failure(errc::bad_request, "no such parameter")));
  const auto a = ask(w, f, make_call(w.root->child(), target("a/m")));
  CHECK(a.why.code() == errc::bad_request);
  CHECK(a.why.message() == "no such parameter");
  CHECK(f.wire->seen.size() == 1);
}

TEST_CASE("a target that hangs uses up its part of the deadline, never more, and its connection is closed") {
  world w;
  falling f(b_then_c());
  f.wire->on("a/m", behaviour().wait(1h));
  f.wire->on("b/m", behaviour().wait(1s).text("headers, then nothing", 1h));
  f.wire->on("c/m", behaviour().wait(10s).text("from c"));
  const auto begun = w.now();
  const auto c = make_call(w.root->child(begun + 60s), target("a/m"));
  CHECK(ask(w, f, c).text == "from c");
  REQUIRE(f.wire->seen.size() == 3);
  CHECK(f.wire->seen[0]->closed - begun == 30s);
  CHECK(f.wire->seen[1]->at - begun == 30s);
  CHECK(f.wire->seen[1]->closed - begun == 45s);
  CHECK(w.now() - begun == 55s);
}

TEST_CASE("from the first event on, an answer has the whole deadline") {
  world w;
  falling f(b_then_c());
  f.wire->on("a/m", behaviour().wait(20s).text("one ").text("two ", 35s).text("three", 30s));
  const auto c = make_call(w.root->child(w.now() + 100s), target("a/m"));
  CHECK(ask(w, f, c).text == "one two three");
  CHECK(f.wire->seen.size() == 1);
}

TEST_CASE("patience passes a call on long before the deadline, but not from the last target") {
  world w;
  falling f(fallback().to(target("b")).patience(2s));
  f.wire->on("", behaviour().wait(5s).text("late"));
  const auto begun = w.now();
  CHECK(ask(w, f, make_call(w.root->child(), target("a/m"))).text == "late");
  CHECK(f.wire->seen.size() == 2);
  CHECK(w.now() - begun == 7s);
}

TEST_CASE("the call's own deadline ends it wherever it is, without another target") {
  for (const auto limit : {4s, 16s, 100s}) {
    world w;
    falling f(b_then_c());
    f.wire->on("", behaviour().wait(1h));
    const auto begun = w.now();
    const auto a = ask(w, f, make_call(w.root->child(begun + limit), target("a/m")));
    CHECK(a.why.code() == errc::deadline_exceeded);
    CHECK(w.now() - begun == limit);
    CHECK(a.why.message().starts_with("3 targets failed, and the last failure is final: a/m: no first token"));
    CHECK(f.wire->seen.size() == 3);
    CHECK(f.wire->running == 0);
  }
}

TEST_CASE("a wait that would not end within the target's part goes on to the next target") {
  world w;
  falling f(fallback().to(target("b")));
  f.wire->on("a/m", behaviour().fail(failure(errc::deadline_exceeded, "queue too long").retry_after(50s)));
  f.wire->on("b/m", behaviour().text("from b"));
  CHECK(ask(w, f, make_call(w.root->child(w.now() + 60s), target("a/m"))).text == "from b");
}

TEST_CASE("a wait that would not end before the call's deadline is the last target's failure, not a verdict") {
  world w;
  falling f(fallback().to(target("b")));
  f.wire->on("a/m", behaviour().fail(failure(errc::unauthorized, "no such key")));
  f.wire->on("b/m", behaviour().fail(failure(errc::deadline_exceeded, "queue too long")));
  const auto a = ask(w, f, make_call(w.root->child(w.now() + 60s), target("a/m")));
  CHECK(a.why.message() == "all 2 targets failed: a/m: no such key; b/m: queue too long");
}

TEST_CASE("when all targets fail the error names each in one line") {
  world w;
  falling f(b_then_c());
  f.wire->on("a/m", behaviour().fail(failure(errc::overloaded, "busy").retry_after(9s)));
  f.wire->on("b/m", behaviour().wait(1h));
  f.wire->on("c/m", behaviour().fail(failure(errc::rate_limited, "slow down").retry_after(4s)));
  const auto a = ask(w, f, make_call(w.root->child(w.now() + 60s), target("a/m")));
  CHECK(a.why.code() == errc::rate_limited);
  CHECK(a.why.retry_after() == std::optional<duration>(4s));
  CHECK(a.why.message() ==
        "all 3 targets failed: a/m: busy; b/m: no first token within its part of the deadline, 30.0 s; c/m: slow down");
}

TEST_CASE("an answer that is not streamed falls back as a whole") {
  world w;
  falling f(fallback().to(target("b")));
  f.wire->on("a/m", behaviour().wait(1h).text("never"));
  f.wire->on("b/m", behaviour().wait(1s).text("whole"));
  std::string text;
  w.run([&]() -> asio::awaitable<void> {
    auto r = co_await begin(f.top, make_call(w.root->child(w.now() + 20s), target("a/m"), false));
    text = std::any_cast<completion>(r.result()).text();
  });
  CHECK(text == "whole");
}

TEST_CASE("a stream that breaks off after text is the caller's, unless interrupted answers are resumed") {
  world w;
  falling f(fallback().to(target("b")));
  f.wire->on("a/m", behaviour().text("half").broken());
  const auto a = ask(w, f, make_call(w.root->child(), target("a/m")));
  CHECK(a.text == "half");
  CHECK(a.why.code() == errc::truncated);
  CHECK(f.wire->seen.size() == 1);
}

TEST_CASE("cancelling a call while it falls back leaves nothing behind, at every point") {
  const auto before = scope::live();
  for (int by_signal = 0; by_signal < 2; ++by_signal)
    for (auto at = 0ms; at <= 14000ms; at += 250ms) {
      world w;
      falling f(b_then_c().resume_interrupted(true));
      f.wire->on("a/m", behaviour().wait(1h));
      f.wire->on("b/m", behaviour().wait(1s).fail(errc::server_error));
      f.wire->on("c/m", behaviour().wait(1s).text("one ", 1s).text("two ", 1s).broken());
      f.wire->on("c/m", behaviour().wait(1s).text("three ", 1s).text("four", 1s));
      const auto out = std::make_shared<heard>();
      asio::cancellation_signal stop;
      const auto in = w.root->child();
      bool ended = false;
      const auto begun = w.now();
      asio::co_spawn(asio::any_io_executor(executor(in)),
                     read(f.top, make_call(in->child(begun + 10s), target("a/m")), out),
                     asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { ended = true; }));
      weir::testing::run(w.io, at);
      asio::post(w.executor(), [&] {
        if (by_signal)
          stop.emit(asio::cancellation_type::terminal);
        else
          in->cancel(errc::cancelled);
      });
      w.io.restart();
      weir::testing::run(w.io, 1ms);
      CHECK(ended);
      CHECK(f.wire->running == 0);
      for (const auto& r : f.wire->seen)
        CHECK(r->closed - begun <= at);
      CHECK(weir::testing::manual_time::of(w.io).waits() == 0);
    }
  CHECK(scope::live() == before);
}
