// Resuming an answer that breaks off at another target.
#include <doctest/doctest.h>

#include <weir/core/random.hpp>

#include "policy/alternatives/continuation.hpp"
#include "policy/alternatives/fallback.hpp"
#include "policy/select/balance_random.hpp"
#include "policy/select/balance_support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;
using kind = event::kind;

namespace {

class told {
public:
  told() = default;
  int first_tokens = 0;
  int ends = 0;
  weir::outcome how = weir::outcome::complete;
  weir::usage used;
};

class telling final : public reply::listener {
public:
  explicit telling(std::shared_ptr<told> t) : told_(std::move(t)) {}
  void first_token(const reply::source&) noexcept override { ++told_->first_tokens; }
  void ended(const reply::source& s) noexcept override {
    ++told_->ends;
    told_->how = s.outcome();
    told_->used = s.usage();
  }

private:
  std::shared_ptr<told> told_;
};

class resumed {
public:
  explicit resumed(fallback f) : top(stack_layers({make_fallback(std::move(f))}, wire)) {}

  void ask(world& w, std::shared_ptr<call> c, bool look_first = false) {
    last = c;
    w.run([&]() -> asio::awaitable<void> { co_await read(c, look_first); });
  }
  asio::awaitable<void> read(std::shared_ptr<call> c, bool look_first) {
    try {
      auto r = co_await begin(top, c);
      r.attach(std::make_unique<telling>(heard));
      for (;;) {
        if (look_first)
          co_await r.ready();
        auto e = co_await r.next();
        if (!e)
          break;
        all.add(*e);
        events.push_back(*e);
      }
      how = r.outcome();
      used = r.usage();
    } catch (const error& e) {
      why = e.failure();
    }
  }

  std::shared_ptr<played_wire> wire = std::make_shared<played_wire>();
  handler_ptr top;
  std::shared_ptr<call> last;
  std::shared_ptr<told> heard = std::make_shared<told>();
  std::vector<event> events;
  completion all;
  failure why;
  outcome how = outcome::failed;
  usage used;
};

fallback b() { return fallback().to(target("b")).resume_interrupted(true); }

event used_event(std::optional<std::uint64_t> prompt, std::optional<std::uint64_t> completion) {
  auto more = std::make_shared<event::details>();
  more->usage.prompt_tokens = prompt;
  more->usage.completion_tokens = completion;
  return event(kind::usage, std::string(), 0, more);
}

} // namespace

TEST_CASE("an answer that breaks off is resumed at the next target, and the boundary is marked") {
  for (const bool look_first : {false, true}) {
    world w;
    resumed t(b());
    t.wire->on("a/m", behaviour().text("Once upon ", 1s).text("a ", 1s).broken());
    t.wire->on("b/m", behaviour().wait(2s).text("time", 1s).text(".", 1s));
    t.ask(w, make_call(w.root->child(), target("a/m")), look_first);
    CHECK_FALSE(t.why);
    CHECK(t.all.text() == "Once upon a time.");
    CHECK(t.how == outcome::complete);
    REQUIRE(t.events.size() == 5);
    CHECK(t.events[2].is(kind::continued));
    CHECK_FALSE(t.events[2].is_token());
    CHECK(t.events[2].text().empty());
    CHECK(t.events[2].content() == "b/m");
    REQUIRE(t.wire->seen.size() == 2);
    CHECK(t.wire->seen[1]->so_far == "Once upon a ");
    CHECK(t.wire->seen[1]->continuation);
    REQUIRE(t.last->record->attempts.size() == 2);
    CHECK_FALSE(t.last->record->attempts[0]->continuation);
    CHECK(t.last->record->attempts[1]->continuation);
    CHECK(t.heard->first_tokens == 1);
    CHECK(t.heard->ends == 1);
    CHECK(t.heard->how == outcome::complete);
  }
}

TEST_CASE("an answer is resumed only as often as allowed, at each target once") {
  world w;
  resumed once(fallback().to(target("b")).to(target("c")).resume_interrupted(true));
  once.wire->on("", behaviour().text("x").broken());
  once.ask(w, make_call(w.root->child(), target("a/m")));
  CHECK(once.all.text() == "xx");
  CHECK(once.why.code() == errc::truncated);

  resumed often(fallback().to(target("b")).to(target("c")).resume_interrupted(true).max_continuations(16));
  often.wire->on("", behaviour().text("x").broken());
  often.ask(w, make_call(w.root->child(), target("a/m")));
  // a, b, c, and a again: the one that broke off first comes last.
  CHECK(often.all.text() == "xxxx");
  CHECK(often.why.code() == errc::truncated);
  CHECK(often.heard->ends == 1);
}

TEST_CASE("a target that cannot resume the answer leaves it to the next one") {
  world w;
  resumed t(fallback().to(target("b")).to(target("c")).to(target("d")).resume_interrupted(true));
  t.wire->on("a/m", behaviour().text("one ").broken());
  t.wire->on("b/m", behaviour().fail(errc::unsupported));
  t.wire->on("c/m", behaviour().broken());
  t.wire->on("d/m", behaviour().text("two"));
  t.ask(w, make_call(w.root->child(), target("a/m")));
  CHECK(t.all.text() == "one two");
  CHECK(t.wire->seen.size() == 4);
}

TEST_CASE("when no target can resume an answer its own failure goes to the caller, and the end is reported once") {
  world w;
  resumed t(b());
  t.wire->on("a/m", behaviour().text("one ").end(outcome::stalled, failure(errc::stalled, "silence")));
  t.wire->on("a/m", behaviour().fail(errc::overloaded));
  t.wire->on("b/m", behaviour().fail(errc::overloaded));
  t.ask(w, make_call(w.root->child(), target("a/m")));
  CHECK(t.why.code() == errc::stalled);
  CHECK(t.wire->seen.size() == 3);
  CHECK(t.heard->ends == 1);
  CHECK(t.heard->how == outcome::stalled);
}

TEST_CASE("only text is resumed: not tool calls, reasoning, other choices, or what had finished") {
  const event not_text[] = {event(kind::tool_call, "{}"), event(kind::reasoning, "hm"), event(kind::refusal, "no"),
                            event(kind::text, "other", 1), event(kind::finish, "")};
  for (const auto& e : not_text) {
    world w;
    resumed t(b());
    t.wire->on("a/m", behaviour().text("one").then(e).broken());
    t.ask(w, make_call(w.root->child(), target("a/m")));
    CHECK(t.wire->seen.size() == 1);
    CHECK(t.why.code() == errc::truncated);
    CHECK(t.heard->ends == 1);
  }
}

TEST_CASE("what is not a break-off is not resumed") {
  const std::pair<outcome, errc> ends[] = {
      {outcome::filtered, errc::filtered},          {outcome::in_band_error, errc::quota_exhausted},
      {outcome::in_band_error, errc::bad_request},  {outcome::truncated, errc::response_too_large},
      {outcome::deadline, errc::deadline_exceeded}, {outcome::cancelled, errc::cancelled}};
  for (const auto& [how, code] : ends) {
    world w;
    resumed t(b());
    t.wire->on("a/m", behaviour().text("one").end(how, failure(code, "so")));
    t.ask(w, make_call(w.root->child(), target("a/m")));
    CHECK(t.wire->seen.size() == 1);
    CHECK(t.why.code() == code);
  }
}

TEST_CASE("a request that cannot be resumed is not sent again") {
  world w;
  resumed t(b());
  t.wire->on("a/m", behaviour().text("one").broken());
  auto c = make_call(w.root->child(), target("a/m"));
  c->op = std::make_shared<operation_of_test>(std::string(), false);
  t.ask(w, c);
  CHECK(t.wire->seen.size() == 1);
  CHECK(t.why.code() == errc::truncated);
}

TEST_CASE("the usage of the parts is summed, and a count that no part reported stays absent") {
  world w;
  resumed t(b());
  t.wire->on("a/m", behaviour().text("one ").then(used_event(10, 2)).broken());
  t.wire->on("b/m", behaviour().text("two").then(used_event(12, std::nullopt)));
  t.ask(w, make_call(w.root->child(), target("a/m")));
  CHECK(t.used.prompt_tokens == std::optional<std::uint64_t>(22));
  CHECK(t.used.completion_tokens == std::optional<std::uint64_t>(2));
  CHECK_FALSE(t.used.total_tokens);
  CHECK(t.all.usage == t.used);
  CHECK(t.heard->used == t.used);
}

TEST_CASE("the usage of each part counts once, however often an answer is resumed") {
  world w;
  resumed t(fallback().to(target("b")).to(target("c")).resume_interrupted(true).max_continuations(2));
  t.wire->on("a/m", behaviour().text("one ").then(used_event(1, 10)).broken());
  t.wire->on("b/m", behaviour().text("two ").then(used_event(2, 20)).broken());
  t.wire->on("c/m", behaviour().text("three").then(used_event(4, 40)));
  t.ask(w, make_call(w.root->child(), target("a/m")));
  CHECK(t.how == outcome::complete);
  CHECK(t.used.prompt_tokens == std::optional<std::uint64_t>(7));
  CHECK(t.used.completion_tokens == std::optional<std::uint64_t>(70));
  CHECK(t.all.usage == t.used);
}

TEST_CASE("the call's deadline and its scope end an answer while it is resumed") {
  world w;
  resumed t(b());
  t.wire->on("", behaviour().text("one").broken());
  t.wire->on("b/m", behaviour().wait(1h));
  const auto begun = w.now();
  t.ask(w, make_call(w.root->child(begun + 5s), target("a/m")));
  CHECK(t.why.code() == errc::deadline_exceeded);
  CHECK(w.now() - begun == 5s);
  CHECK(t.heard->how == outcome::deadline);
  CHECK(t.wire->running == 0);
}

TEST_CASE("a reply that is dropped while it is resumed ends the wait and the new request") {
  world w;
  resumed t(b());
  t.wire->on("a/m", behaviour().text("one").broken());
  t.wire->on("b/m", behaviour().wait(1h));
  failure why;
  std::optional<reply> r;
  asio::co_spawn(
      w.executor(),
      [&]() -> asio::awaitable<void> {
        r.emplace(co_await begin(t.top, make_call(w.root->child(), target("a/m"))));
        r->attach(std::make_unique<telling>(t.heard));
        co_await r->next();
        try {
          co_await r->next();
        } catch (const error& e) {
          why = e.failure();
        }
      },
      [](std::exception_ptr) {});
  weir::testing::run(w.io, 10s);
  CHECK(t.wire->running == 1);
  asio::post(w.executor(), [&] { r.reset(); });
  w.io.restart();
  weir::testing::run(w.io, 1ms);
  CHECK(why.code() == errc::cancelled);
  CHECK(t.wire->running == 0);
  CHECK(t.heard->ends == 1);
  CHECK(t.heard->how == outcome::cancelled);
}

TEST_CASE("no text is lost or comes twice, wherever an answer breaks off") {
  const auto seed = seed_or(76);
  random_source random(seed);
  for (int round = 0; round < 2000; ++round) {
    world w;
    resumed t(fallback().to(target("b")).to(target("c")).resume_interrupted(true).max_continuations(3));
    // Every target continues exactly where the text so far ends.
    std::string whole;
    for (int i = 0; i < 40; ++i)
      whole += "word" + std::to_string(i) + (random.below(3) ? " " : "");
    t.wire->make = [&](const call& c) {
      auto at = static_cast<const operation_of_test&>(*c.op).so_far.size();
      behaviour b;
      const bool breaks = t.wire->seen.size() < 4 && random.below(4) != 0;
      const auto until = breaks ? at + random.below(whole.size() - at + 1) : whole.size();
      while (at < until) {
        const auto n = std::min<std::size_t>(1 + random.below(30), until - at);
        b.text(whole.substr(at, n), std::chrono::milliseconds(random.below(50)));
        at += n;
      }
      if (breaks)
        b.broken();
      return b;
    };
    t.ask(w, make_call(w.root->child(), target("a/m")), random.below(2));
    const auto got = t.all.text();
    INFO("WEIR_SEED=" << seed << " test_policy -tc=\"no text is lost or comes twice*\", round " << round);
    REQUIRE(whole.starts_with(got));
    if (!t.why)
      REQUIRE(got == whole);
    REQUIRE(t.wire->running == 0);
  }
}
