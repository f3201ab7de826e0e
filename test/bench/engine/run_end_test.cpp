// The ends of a run: cancelled, stopped, broken by a hook, or with nothing to measure.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/bench/bench.hpp>
#include <weir/testing.hpp>

#include "bench/engine/simulated_target.hpp"
#include "bench/record/record.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using weir::test::service;
using weir::test::simulated_target;
using weir::test::taking;

namespace {

std::unique_ptr<bench_prompts> one_prompt() {
  std::vector<batch_item::request_type> one;
  one.emplace_back(chat().user("hello"));
  return bench_prompts_of(std::move(one));
}

// Where a run came to.
class outcome_of_run {
public:
  std::optional<bench_result> made;
  std::exception_ptr why;
  bool over = false;
};

class stage {
public:
  stage() { testing::manual_time::install(io); }

  void start(asio::awaitable<bench_result> running) {
    asio::co_spawn(io, std::move(running),
                   asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr e, bench_result r) {
                     end.why = e;
                     end.over = true;
                     if (!e)
                       end.made.emplace(std::move(r));
                   }));
  }
  // A little later than `d`, so that nothing is due just then.
  void run_for(duration d) { testing::run(io, d + 3ms); }

  asio::io_context io;
  asio::cancellation_signal cancel;
  outcome_of_run end;
};

std::string message_of(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const std::exception& e) {
    return e.what();
  }
}

} // namespace

TEST_CASE("a cancelled run ends its calls before it throws") {
  for (const bool closed : {true, false})
    for (const auto when : {0ms, 5ms, 200ms, 1500ms, 3100ms}) {
      CAPTURE(closed);
      CAPTURE(when.count());
      stage s;
      auto target = std::make_unique<simulated_target>(s.io, [](duration, std::uint64_t) { return taking(500ms); });
      auto prompts = one_prompt();
      auto o = bench_options().length(3s).drain(10s).warm_up(1s);
      o.load(closed ? bench_load::at_once(4) : bench_load::rate(20));
      s.start(run_bench(bench_target("t", target->by()), *prompts, o));
      s.run_for(when);
      REQUIRE_FALSE(s.end.over);
      s.cancel.emit(asio::cancellation_type::terminal);
      s.run_for(100ms);
      REQUIRE(s.end.over);
      CHECK(s.end.why);
      CHECK(target->in_flight() == 0);
      // Nothing may call these any more.
      target.reset();
      prompts.reset();
      s.run_for(1h);
    }
}

TEST_CASE("what a hook throws ends the run, and is thrown") {
  const auto throws = [](bench_options o) {
    stage s;
    simulated_target target(s.io, [](duration, std::uint64_t) { return taking(50ms); });
    const auto prompts = one_prompt();
    s.start(run_bench(bench_target("t", target.by()), *prompts, std::move(o)));
    s.run_for(1h);
    REQUIRE(s.end.over);
    REQUIRE(s.end.why);
    CHECK(message_of(s.end.why) == "from a hook");
    CHECK(target.in_flight() == 0);
  };
  const auto hook = [](const auto&) { throw std::runtime_error("from a hook"); };
  throws(bench_options().load(bench_load::at_once(2)).requests(100).each(hook));
  throws(bench_options().load(bench_load::rate(10)).length(5s).each(hook));
  throws(bench_options().load(bench_load::rate(10)).length(5s).progress(hook));
}

TEST_CASE("a floor that cannot be had costs nothing of what was measured") {
  stage s;
  simulated_target target(s.io, [](duration, std::uint64_t) { return taking(50ms); });
  const auto prompts = one_prompt();
  auto o = bench_options().load(bench_load::rate(10)).length(5s);
  o.floor([](const bench_result&) -> std::optional<bench_floor> { throw std::runtime_error("no descriptors"); });
  s.start(run_bench(bench_target("t", target.by()), *prompts, o));
  s.run_for(1h);
  REQUIRE(s.end.made);
  CHECK(s.end.made->calls() == 50);
  CHECK_FALSE(s.end.made->data().floor);
}

TEST_CASE("what has no answer when a run is ended early is told, and is no failure") {
  stage s;
  simulated_target target(s.io, [](duration, std::uint64_t) { return taking(1h); });
  const auto prompts = one_prompt();
  bench_stop stop;
  auto o = bench_options().load(bench_load::rate(10)).length(60s).warm_up(0s);
  s.start(run_bench(bench_target("t", target.by()), *prompts, o, stop));
  s.run_for(4s);
  stop.stop();
  s.run_for(1s);
  REQUIRE(s.end.made);
  const auto& t = s.end.made->data().targets.front();
  CHECK(t.unfinished >= 40);
  CHECK(t.cancelled == 0);
  CHECK(t.all.calls == 0);
  CHECK_FALSE(s.end.made->valid());
  CHECK(s.end.made->verdict().find("nothing was measured") != std::string::npos);
}

TEST_CASE("parts share a number of requests, and targets take turns at theirs") {
  stage s;
  simulated_target a(s.io, [](duration, std::uint64_t) { return taking(50ms); });
  simulated_target b(s.io, [](duration, std::uint64_t) { return taking(100ms); });
  const auto prompts = one_prompt();
  std::vector<bench_target> both;
  both.emplace_back("a", a.by());
  both.emplace_back("b", b.by());
  s.start(run_bench(both, *prompts, bench_options().load(bench_load::at_once(2)).requests(200)));
  s.run_for(1h);
  REQUIRE(s.end.made);
  CHECK(s.end.made->calls(0) == 200);
  CHECK(s.end.made->calls(1) == 200);
  const auto& c = s.end.made->data().comparisons;
  REQUIRE(c.size() == 3);
  REQUIRE(c[2].ratio); // output tokens/s: answers of 140 ms and of 190 ms
  CHECK(c[2].ratio->value == doctest::Approx(140.0 / 190).epsilon(0.02));

  stage third;
  simulated_target t(third.io, [](duration, std::uint64_t) { return taking(50ms); });
  third.start(run_bench(bench_target("t", t.by()), *prompts,
                        bench_options().load(bench_load::at_once(3)).requests(31).part(1, 3)));
  third.run_for(1h);
  REQUIRE(third.end.made);
  CHECK(third.end.made->calls() == 11);
}

TEST_CASE("a load that its generator cannot make ends, and does not keep the thread") {
  stage s;
  simulated_target target(s.io, [](duration, std::uint64_t) { return taking(1h); });
  const auto prompts = one_prompt();
  auto o = bench_options().load(bench_load::rate(1'000'000)).length(1s).warm_up(0s).drain(1s);
  s.start(run_bench(bench_target("t", target.by()), *prompts, o));
  s.run_for(1h);
  REQUIRE(s.end.made);
  CHECK_FALSE(s.end.made->complete());
  CHECK(s.end.made->data().incomplete_because.find("100,000 requests") != std::string::npos);
}
