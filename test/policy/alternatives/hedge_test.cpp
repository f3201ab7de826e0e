// The hedging layer: two legs, one answer, in simulated time.
#include <doctest/doctest.h>

#include <weir/core/group.hpp>
#include <weir/core/random.hpp>

#include "policy/alternatives/hedge.hpp"
#include "policy/select/balance_random.hpp"
#include "policy/select/balance_support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

class hedged {
public:
  explicit hedged(hedge s) : set(std::make_shared<hedge_set>(s)), top(stack_layers({make_hedge(s, set)}, wire)) {}
  std::shared_ptr<hedge_set> set;
  std::shared_ptr<played_wire> wire = std::make_shared<played_wire>();
  handler_ptr top;
};

asio::awaitable<std::string> text_of(handler_ptr top, std::shared_ptr<call> c) {
  auto r = co_await begin(std::move(top), std::move(c));
  std::string all;
  for (;;) {
    const auto e = co_await r.next();
    if (!e)
      break;
    all += e->text();
  }
  co_return all;
}

// Runs one call; returns its text, or the code of its error.
std::string outcome_of(world& w, handler_ptr top, std::shared_ptr<call> c) {
  std::string text;
  const auto code = code_of([&] { w.run([&]() -> asio::awaitable<void> { text = co_await text_of(top, c); }); });
  return code ? std::string(name_of(static_cast<errc>(code.value()))) : text;
}

} // namespace

TEST_CASE("a call whose first token comes in time is not hedged") {
  world w;
  hedged h(hedge().after(1s).max_extra_load(1));
  h.wire->on("", behaviour().wait(500ms).text("one"));
  CHECK(outcome_of(w, h.top, make_call(w.root->child(), target("a/m"))) == "one");
  CHECK(h.wire->seen.size() == 1);
}

TEST_CASE("a late first token brings a second leg, whose first token wins and closes the first") {
  world w;
  hedged h(hedge().after(1s).max_extra_load(1));
  h.wire->on("", behaviour().wait(10s).text("slow"));
  h.wire->on("", behaviour().wait(200ms).text("quick ").text("one", 5s));
  const auto c = make_call(w.root->child(), target("a/m"));
  const auto begun = w.now();
  CHECK(outcome_of(w, h.top, c) == "quick one");
  REQUIRE(h.wire->seen.size() == 2);
  CHECK(h.wire->seen[0]->cancelled);
  CHECK(h.wire->seen[0]->closed - begun == 1200ms);
  CHECK_FALSE(h.wire->seen[1]->cancelled);
  REQUIRE(c->record->attempts.size() == 2);
  CHECK_FALSE(c->record->attempts[0]->hedge);
  CHECK(c->record->attempts[0]->maybe_billed);
  CHECK(c->record->attempts[1]->hedge);
  CHECK(c->attempt == c->record->attempts[1]);
}

TEST_CASE("a first leg that wins closes the second one, at any point") {
  for (const auto opening : {10ms, 350ms, 5000ms}) {
    world w;
    hedged h(hedge().after(1s).max_extra_load(1));
    // The first leg's headers arrive before its first token, which comes at 1.5 s.
    h.wire->on("", behaviour().wait(300ms).text("first", 1200ms).text(" leg", 1s));
    h.wire->on("", behaviour().wait(opening).text("second", 2s));
    const auto begun = w.now();
    const auto c = make_call(w.root->child(), target("a/m"));
    CHECK(outcome_of(w, h.top, c) == "first leg");
    REQUIRE(h.wire->seen.size() == 2);
    CHECK(h.wire->seen[1]->cancelled);
    CHECK(h.wire->seen[1]->closed - begun == 1500ms);
    CHECK(h.wire->running == 0);
    CHECK(c->attempt == c->record->attempts[0]);
    CHECK(c->record->attempts[1]->maybe_billed);
  }
}

TEST_CASE("legs that are ready at the same instant give one answer, and the other one is closed") {
  world w;
  hedged h(hedge().after(1s).max_extra_load(1));
  h.wire->on("", behaviour().wait(2s).text("first"));
  h.wire->on("", behaviour().wait(1s).text("second"));
  const auto text = outcome_of(w, h.top, make_call(w.root->child(), target("a/m")));
  CHECK((text == "first" || text == "second"));
  CHECK(h.wire->seen[0]->cancelled + h.wire->seen[1]->cancelled == 1);
}

TEST_CASE("a failure before the delay is the call's, one after it waits for the other leg") {
  world w;
  hedged h(hedge().after(1s).max_extra_load(1));
  h.wire->on("", behaviour().wait(500ms).fail(errc::overloaded));
  CHECK(outcome_of(w, h.top, make_call(w.root->child(), target("a/m"))) == "overloaded");
  CHECK(h.wire->seen.size() == 1);

  hedged first(hedge().after(1s).max_extra_load(1));
  first.wire->on("", behaviour().wait(1500ms).fail(errc::overloaded));
  first.wire->on("", behaviour().wait(3s).text("second"));
  CHECK(outcome_of(w, first.top, make_call(w.root->child(), target("a/m"))) == "second");

  hedged second(hedge().after(1s).max_extra_load(1));
  second.wire->on("", behaviour().wait(5s).text("first"));
  second.wire->on("", behaviour().wait(1s).fail(errc::rate_limited));
  CHECK(outcome_of(w, second.top, make_call(w.root->child(), target("a/m"))) == "first");

  hedged both(hedge().after(1s).max_extra_load(1));
  both.wire->on("", behaviour().wait(5s).fail(errc::overloaded));
  both.wire->on("", behaviour().wait(1s).fail(errc::rate_limited));
  CHECK(outcome_of(w, both.top, make_call(w.root->child(), target("a/m"))) == "overloaded");
}

TEST_CASE("a delay that passes in the same turn of the loop as the first leg ends brings no second leg") {
  for (const bool fails : {false, true}) {
    world w;
    hedged h(hedge().after(1s).max_extra_load(1));
    behaviour b;
    b.wait(900ms);
    h.wire->on("", fails ? b.fail(errc::overloaded) : b.text("one"));
    bool ended = false;
    asio::co_spawn(w.executor(), text_of(h.top, make_call(w.root->child(), target("a/m"))),
                   [&](std::exception_ptr, std::string) { ended = true; });
    w.io.poll();
    // The loop was busy: both waits are found to be over at once.
    weir::testing::manual_time::of(w.io).advance_to(w.now() + 2s);
    w.io.restart();
    weir::testing::run(w.io);
    CHECK(ended);
    CHECK(h.wire->seen.size() == 1);
  }
}

TEST_CASE("no budget, no hedge; and no hedge that the deadline leaves no time for") {
  world w;
  hedged poor(hedge().after(1s).max_extra_load(0.5));
  poor.wire->on("", behaviour().wait(3s).text("alone"));
  CHECK(outcome_of(w, poor.top, make_call(w.root->child(), target("a/m"))) == "alone");
  CHECK(poor.wire->seen.size() == 1);
  CHECK(poor.set->inspect(w.now()).at(0).refused == 1);

  hedged late(hedge().after(5s).max_extra_load(1));
  late.wire->on("", behaviour().wait(10s).text("never"));
  CHECK(outcome_of(w, late.top, make_call(w.root->child(w.now() + 4s), target("a/m"))) == "deadline_exceeded");
  CHECK(late.wire->seen.size() == 1);
}

TEST_CASE("an answer that is not streamed is hedged as a whole") {
  world w;
  hedged h(hedge().after(1s).max_extra_load(1));
  h.wire->on("", behaviour().wait(10s).text("slow"));
  h.wire->on("", behaviour().wait(1s).text("quick"));
  std::string text;
  w.run([&]() -> asio::awaitable<void> {
    auto r = co_await begin(h.top, make_call(w.root->child(), target("a/m"), false));
    text = std::any_cast<completion>(r.result()).text();
  });
  CHECK(text == "quick");
  CHECK(h.wire->seen[0]->cancelled);
}

TEST_CASE("a hedge adapts to what it has measured, losers included") {
  world w;
  hedged h(hedge().after_p95().min_samples(20).max_extra_load(1));
  h.wire->on("", behaviour().wait(100ms).text("x"));
  for (int i = 0; i < 19; ++i)
    outcome_of(w, h.top, make_call(w.root->child(), target("a/m")));
  h.wire->plans[""].assign(1, behaviour().wait(2s).text("x"));
  outcome_of(w, h.top, make_call(w.root->child(), target("a/m")));
  CHECK(h.wire->seen.size() == 20);
  const auto s = h.set->inspect(w.now()).at(0);
  CHECK(s.samples == 20);
  CHECK(s.p95 == 100ms);
  outcome_of(w, h.top, make_call(w.root->child(), target("a/m")));
  CHECK(h.wire->seen.size() == 22);
  CHECK(h.set->inspect(w.now()).at(0).samples == 22);
}

TEST_CASE("cancelling a call while it is hedged leaves nothing behind, at every point") {
  const auto before = scope::live();
  // Steps through the whole life of a hedged call in 50 ms, by scope and by signal.
  for (int by_signal = 0; by_signal < 2; ++by_signal)
    for (auto at = 0ms; at <= 6000ms; at += 50ms) {
      world w;
      hedged h(hedge().after(1s).max_extra_load(1));
      h.wire->on("", behaviour().wait(2s).text("a", 1s).text("b", 1s));
      h.wire->on("", behaviour().wait(500ms).text("c", 700ms).text("d", 1s));
      asio::cancellation_signal stop;
      const auto in = w.root->child();
      bool ended = false;
      asio::co_spawn(asio::any_io_executor(executor(in)), text_of(h.top, make_call(in->child(), target("a/m"))),
                     asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, std::string) { ended = true; }));
      const auto begun = w.now();
      weir::testing::run(w.io, at);
      // On the strand: from elsewhere Asio 1.81 queues the emission, and may find its target gone.
      asio::post(w.executor(), [&] {
        if (by_signal)
          stop.emit(asio::cancellation_type::terminal);
        else
          in->cancel(errc::cancelled);
      });
      w.io.restart();
      weir::testing::run(w.io, 1ms);
      CHECK(ended);
      CHECK(h.wire->running == 0);
      for (const auto& r : h.wire->seen)
        CHECK(r->closed - begun <= at);
      CHECK(weir::testing::manual_time::of(w.io).waits() == 0);
    }
  CHECK(scope::live() == before);
}

TEST_CASE("a context that ends in the middle of a hedge takes everything with it") {
  const auto before = scope::live();
  for (const auto at : {500ms, 1200ms, 1800ms, 2600ms}) {
    hedged h(hedge().after(1s).max_extra_load(1));
    {
      world w;
      h.wire->on("", behaviour().wait(2s).text("a", 1s).text("b", 1s));
      h.wire->on("", behaviour().wait(500ms).text("c", 700ms).text("d", 1s));
      asio::co_spawn(w.executor(), text_of(h.top, make_call(w.root->child(), target("a/m"))),
                     [](std::exception_ptr, std::string) {});
      weir::testing::run(w.io, at);
    }
    h.wire->seen.clear();
  }
  CHECK(scope::live() == before);
}

TEST_CASE("R5: hedges add at most the load that was allowed, and nobody sees two legs") {
  const auto seed = seed_or(5);
  for (const double cap : {0.02, 0.1}) {
    world w;
    seed_random(w.io, seed);
    random_source random(seed);
    hedged h(hedge().after_p95().max_extra_load(cap));
    int made = 0;
    h.wire->make = [&](const call&) {
      const bool slow = random.uniform() < 0.15;
      const auto wait = slow ? 1s + std::chrono::milliseconds(random.below(4000))
                             : 50ms + std::chrono::milliseconds(random.below(200));
      const auto leg = "leg " + std::to_string(made++) + ";";
      behaviour b;
      return b.wait(wait / 2).text(leg, wait / 2).text(leg, 20ms).text(leg, 20ms);
    };
    constexpr int calls = 5'000;
    std::map<call_record*, time_point> first_token;
    std::vector<std::shared_ptr<call_record>> records;
    int whole = 0, closed_late = 0, unrecorded = 0, hedges = 0;
    const auto one = [&](duration at) -> asio::awaitable<void> {
      co_await sleep_for(at);
      const auto c = make_call(w.root->child(), target("a/m"));
      auto r = co_await begin(h.top, c);
      first_token[c->record.get()] = w.now();
      records.push_back(c->record);
      std::string text;
      for (;;) {
        const auto e = co_await r.next();
        if (!e)
          break;
        text += e->text();
      }
      const auto first = text.substr(0, text.find(';') + 1);
      whole += text == first + first + first;
      const auto& attempts = c->record->attempts;
      hedges += attempts.size() > 1;
      unrecorded += attempts.size() > 1 && (!attempts[1]->hedge || attempts.size() > 2);
      int lost = 0;
      for (const auto& a : attempts)
        lost += a->maybe_billed;
      unrecorded += lost != int(attempts.size()) - 1;
    };
    // One coroutine per call: the lambda outlives them all, as run() waits for them.
    w.run([&]() -> asio::awaitable<void> {
      group all;
      for (int i = 0; i < calls; ++i)
        all.spawn(one(i * 10ms));
      co_await all.join();
    });
    for (const auto& r : h.wire->seen)
      closed_late += r->cancelled && (r->closed == never || r->closed - first_token[r->of.get()] > 50ms);
    const auto extra = double(h.wire->seen.size() - calls) / calls;
    MESSAGE("cap " << cap << ": " << extra * 100 << " % extra, " << hedges << " hedged of " << calls);
    CHECK_MESSAGE(extra <= cap + 0.001, "WEIR_SEED=" << seed);
    CHECK(extra > 0.4 * cap);
    CHECK(whole == calls);
    CHECK(closed_late == 0);
    CHECK(unrecorded == 0);
    const auto s = h.set->inspect(w.now()).at(0);
    CHECK(s.calls == calls);
    CHECK(s.hedges == h.wire->seen.size() - calls);
  }
}
