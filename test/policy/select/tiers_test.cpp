// The tiers: which model a chat goes to, and when it goes to the next.
#include <doctest/doctest.h>

#include <stdexcept>

#include "policy/select/balance_support.hpp"
#include "policy/select/tiers.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

tiers two() { return tiers().add("small", target("s/small")).add("large", target("l/large")); }

class tiered {
public:
  explicit tiered(tiers s) : top(stack_layers({make_tiers(std::move(s))}, wire)) {}

  completion stream(world& w, chat ask = chat()) {
    last = make_call(w.root->child(), target("x/m"));
    auto q = std::make_shared<operation_of_test>();
    q->ask = std::move(ask);
    last->op = q;
    completion all;
    w.run([&]() -> asio::awaitable<void> {
      auto r = co_await begin(top, last);
      arrived = w.now();
      all = co_await collect(std::move(r));
    });
    return all;
  }
  completion whole(world& w) {
    completion all;
    w.run([&]() -> asio::awaitable<void> {
      auto r = co_await begin(top, make_call(w.root->child(), target("x/m"), false));
      all = std::any_cast<completion>(r.result());
    });
    return all;
  }

  std::shared_ptr<played_wire> wire = std::make_shared<played_wire>();
  handler_ptr top;
  std::shared_ptr<call> last;
  time_point arrived{};
};

bool not_unsure(const completion& c) { return c.text().find("unsure") == std::string::npos; }

} // namespace

TEST_CASE("easy chats go to the first tier, hard ones to the last, and a function decides otherwise") {
  world w;
  tiered t(two());
  t.wire->on("", behaviour().text("ok"));
  t.stream(w, chat().user("Hi"));
  t.stream(w, chat().user(std::string(9000, 'x')));
  t.stream(w, chat().user("Hi").tool(tool("f", "")));
  t.stream(w, chat().user("Hi").reasoning_effort("high"));
  CHECK(t.wire->seen[0]->to == target("s/small"));
  for (int i = 1; i < 4; ++i)
    CHECK(t.wire->seen[std::size_t(i)]->to == target("l/large"));

  tiered own(two().pick([](const chat& c) { return c.messages().size(); }));
  own.wire->on("", behaviour().text("ok"));
  own.stream(w, chat());
  own.stream(w, chat().user("1"));
  own.stream(w, chat().user("1").user("2").user("3"));
  CHECK(own.wire->seen[0]->to == target("s/small"));
  CHECK(own.wire->seen[1]->to == target("l/large"));
  CHECK(own.wire->seen[2]->to == target("l/large"));
}

TEST_CASE("a rejected answer sends the chat to the next tier, and the last tier's is taken") {
  world w;
  tiered t(two().accept(not_unsure));
  t.wire->on("s/small", behaviour().text("unsure"));
  t.wire->on("l/large", behaviour().text("still unsure"));
  CHECK(t.whole(w).text() == "still unsure");
  CHECK(t.wire->seen.size() == 2);

  tiered good(two().accept(not_unsure));
  good.wire->on("s/small", behaviour().text("yes"));
  CHECK(good.whole(w).text() == "yes");
  CHECK(good.wire->seen.size() == 1);
}

TEST_CASE("a stream is checked only where it is collected first") {
  world w;
  tiered plain(two().accept(not_unsure));
  plain.wire->on("s/small", behaviour().text("un", 1s).text("sure", 1s));
  CHECK(plain.stream(w).text() == "unsure");
  CHECK(plain.wire->seen.size() == 1);

  tiered t(two().accept(not_unsure).collect_first(true));
  t.wire->on("s/small", behaviour().text("un", 1s).text("sure", 1s));
  t.wire->on("l/large", behaviour().text("cert", 1s).text("ain", 1s));
  const auto all = t.stream(w);
  CHECK(all.text() == "certain");
  CHECK(all.outcome == outcome::complete);
  REQUIRE(t.wire->seen.size() == 2);
  CHECK_FALSE(t.wire->seen[0]->cancelled);
  CHECK(t.last->record->attempts.size() == 2);

  tiered good(two().accept(not_unsure).collect_first(true));
  good.wire->on("s/small", behaviour().text("su", 1s).text("re", 1s));
  const auto begun = w.now();
  CHECK(good.stream(w).text() == "sure");
  CHECK(good.arrived - begun == 2s);
}

TEST_CASE("a stream that fails while it is collected is passed on with its failure") {
  world w;
  tiered t(two().accept(not_unsure).collect_first(true));
  t.wire->on("s/small", behaviour().text("half").broken());
  const auto all = t.stream(w);
  CHECK(all.text() == "half");
  CHECK(all.outcome == outcome::truncated);
  CHECK(all.failure.code() == errc::truncated);
  CHECK(t.wire->seen.size() == 1);
}

TEST_CASE("what a user's function throws ends the call, and nothing is left") {
  const auto before = scope::live();
  {
    world w;
    tiered t(two().collect_first(true).accept([](const completion&) -> bool { throw std::runtime_error("mine"); }));
    t.wire->on("", behaviour().text("x", 1s));
    CHECK_THROWS_AS(t.stream(w), std::runtime_error);
    CHECK(t.wire->running == 0);
    CHECK_THROWS_AS(t.whole(w), std::runtime_error);
  }
  CHECK(scope::live() == before);
}

TEST_CASE("cancelling a call while its answer is collected leaves nothing behind") {
  const auto before = scope::live();
  for (auto at = 0ms; at < 5000ms; at += 250ms) {
    world w;
    tiered t(two().accept(not_unsure).collect_first(true));
    t.wire->on("s/small", behaviour().wait(1s).text("un", 1s).text("sure"));
    t.wire->on("l/large", behaviour().wait(1s).text("cert", 1s).text("ain", 1s));
    const auto in = w.root->child();
    bool ended = false;
    const auto begun = w.now();
    const auto read = [](handler_ptr top, std::shared_ptr<call> c) -> asio::awaitable<void> {
      auto r = co_await begin(top, c);
      co_await collect(std::move(r));
    };
    asio::co_spawn(asio::any_io_executor(executor(in)), read(t.top, make_call(in->child(), target("x/m"))),
                   [&](std::exception_ptr) { ended = true; });
    weir::testing::run(w.io, at);
    asio::post(w.executor(), [&] { in->cancel(errc::cancelled); });
    w.io.restart();
    weir::testing::run(w.io, 1ms);
    CHECK(ended);
    CHECK(t.wire->running == 0);
    for (const auto& r : t.wire->seen)
      CHECK(r->closed - begun <= at);
  }
  CHECK(scope::live() == before);
}

TEST_CASE("tier settings that make no sense are refused by name") {
  const auto refused = [](const tiers& s, std::string_view field) {
    try {
      s.check("tiers");
    } catch (const error& e) {
      return e.code() == errc::invalid_configuration && std::string_view(e.what()).starts_with(field);
    }
    return false;
  };
  two().check("tiers");
  CHECK(refused(tiers().add("", target("a")), "tiers.tiers[0].name: "));
  CHECK(refused(tiers().add("a", target("a")).add("a", target("b")), "tiers.tiers[1].name: "));
  CHECK(refused(tiers().add("a", target()), "tiers.tiers[0].target: "));
  CHECK(refused(two().collect_first(true), "tiers.collect_first: "));
}
