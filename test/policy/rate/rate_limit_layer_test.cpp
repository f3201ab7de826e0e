// The rate limit as a layer: queueing, settling and the gate, in simulated time.
#include <doctest/doctest.h>

#include "policy/rate/rate_limit.hpp"

#include "rate_limit_fakes.hpp"

using namespace std::chrono_literals;
using namespace limits_test;
using weir::rate_limit;

namespace {

class limited : public scene {
public:
  explicit limited(rate_limit s) : limited(std::make_shared<weir::rate_limit_set>(std::move(s))) {}
  explicit limited(std::shared_ptr<weir::rate_limit_set> set) : scene({weir::make_rate_limit(set)}), set(set) {}

  weir::rate_limit_state state() { return set->inspect(now()).at(0); }
  std::size_t waiting() { return state().waiting_interactive + state().waiting_batch; }

  std::shared_ptr<weir::rate_limit_set> set;
};

} // namespace

TEST_CASE("calls over the limit wait in order and the wait is recorded") {
  limited s(rate_limit().requests_per_minute(2));
  std::vector<std::shared_ptr<outcome_of_call>> calls;
  const auto begun = s.now();
  for (int i = 0; i < 6; ++i)
    calls.push_back(s.start());
  CHECK(calls[1]->done);
  CHECK_FALSE(calls[2]->done);
  s.run_for(3min);
  for (int i = 0; i < 6; ++i) {
    REQUIRE(calls[i]->done);
    CHECK(calls[i]->answer);
    CHECK(calls[i]->at - begun >= i / 2 * 60s);
    CHECK(calls[i]->at - begun <= i / 2 * 61s);
    CHECK(calls[i]->queued == calls[i]->at - begun);
  }
  CHECK(s.world.io.stopped()); // No alarm is left.
}

TEST_CASE("a call that is cancelled while queued leaves nothing and the next one is served") {
  limited s(rate_limit().requests_per_minute(1));
  const auto first = s.start();
  const auto scope = s.world.root->child();
  std::shared_ptr<outcome_of_call> second = std::make_shared<outcome_of_call>();
  boost::asio::cancellation_signal stop;
  boost::asio::co_spawn(s.world.executor(), ask(s.top, a_call(s.now()), second),
                        boost::asio::bind_cancellation_slot(stop.slot(), boost::asio::detached));
  s.run_for(0s);
  const auto third = s.start();
  CHECK(s.waiting() == 2);
  stop.emit(boost::asio::cancellation_type::terminal);
  s.run_for(1s);
  CHECK(second->cancelled);
  CHECK(s.waiting() == 1);
  s.run_for(61s);
  CHECK(third->answer);
  CHECK(s.provider->requests.size() == 2);
  CHECK(s.waiting() == 0);
}

TEST_CASE("a grant that its caller was too late to take goes to the next") {
  limited s(rate_limit().requests_per_minute(1));
  const auto first = s.start();
  auto second = std::make_shared<outcome_of_call>();
  boost::asio::cancellation_signal stop;
  boost::asio::co_spawn(s.world.executor(), ask(s.top, a_call(s.now()), second),
                        boost::asio::bind_cancellation_slot(stop.slot(), boost::asio::detached));
  s.run_for(0s);
  const auto third = s.start();
  // The grant is made here and posted; the cancellation comes first.
  const auto where = s.set->of(weir::target("openai/gpt-4"), s.now());
  auto& time = weir::testing::manual_time::of(s.world.io);
  const auto then = s.now() + 61s;
  time.advance_to(then - 1s);
  s.world.io.restart();
  time.advance_to(then);
  where->change(then, [](auto&) {});
  stop.emit(boost::asio::cancellation_type::terminal);
  s.run_for(2s);
  CHECK(second->done);
  CHECK(second->answer.has_value() != third->answer.has_value());
  CHECK(s.state().requests_per_minute.used == 1);
}

TEST_CASE("a call that would be served after its deadline is refused at once with the wait as its retry-after") {
  limited s(rate_limit().requests_per_minute(1));
  const auto first = s.start();
  const auto second = s.start_within(30s);
  REQUIRE(second->done);
  CHECK(second->failure.code() == weir::errc::limit_reached);
  REQUIRE(second->failure.retry_after());
  CHECK(*second->failure.retry_after() >= 60s);
  CHECK(*second->failure.retry_after() <= 61s);
  CHECK(second->failure.message().find("the local rate limit") != std::string::npos);
  const auto third = s.start_within(90s);
  s.run_for(61s);
  CHECK(third->answer);
}

TEST_CASE("a call that is larger than the limit is told so with the numbers and the field") {
  limited s(rate_limit().tokens_per_minute(1000));
  const auto c = s.start(1200);
  REQUIRE(c->done);
  CHECK(c->failure.code() == weir::errc::invalid_argument);
  CHECK(c->failure.message().find("1200") != std::string::npos);
  CHECK(c->failure.message().find("1000") != std::string::npos);
  CHECK(c->failure.message().find("rate_limit.tokens_per_minute") != std::string::npos);
}

TEST_CASE("a queue that is full refuses at once") {
  limited s(rate_limit().requests_per_minute(1).max_waiting(2));
  for (int i = 0; i < 3; ++i)
    s.start();
  const auto c = s.start();
  REQUIRE(c->done);
  CHECK(c->failure.code() == weir::errc::limit_reached);
  CHECK(s.state().refused == 1);
}

TEST_CASE("a completed answer is settled with what it used and any other keeps its reservation") {
  limited s(rate_limit().tokens_per_minute(1000));
  SUBCASE("complete") {
    const auto c = s.start(500);
    CHECK(s.state().tokens_per_minute.used == 500);
    s.provider->last->use(120);
    s.provider->last->end(weir::outcome::complete);
    CHECK(s.state().tokens_per_minute.used == 120);
  }
  SUBCASE("more than estimated") {
    const auto c = s.start(500);
    s.provider->last->use(1300);
    s.provider->last->end(weir::outcome::length);
    CHECK(s.state().tokens_per_minute.used == 1300);
  }
  SUBCASE("complete and without usage") {
    const auto c = s.start(500);
    s.provider->last->end(weir::outcome::complete);
    CHECK(s.state().tokens_per_minute.used == 500);
  }
  SUBCASE("broken off") {
    const auto c = s.start(500);
    s.provider->last->use(120);
    s.provider->last->end(weir::outcome::truncated, weir::failure(weir::errc::truncated, ""));
    CHECK(s.state().tokens_per_minute.used == 500);
  }
  SUBCASE("broken off after more than was reserved") {
    const auto c = s.start(500);
    s.provider->last->use(700);
    s.provider->last->end(weir::outcome::truncated, weir::failure(weir::errc::truncated, ""));
    CHECK(s.state().tokens_per_minute.used == 700);
  }
  SUBCASE("dropped") {
    auto c = s.start(500);
    c->answer.reset();
    s.provider->last.reset();
    c.reset();
    CHECK(s.state().tokens_per_minute.used == 500);
  }
  SUBCASE("destroyed without an end") {
    auto c = s.start(500);
    auto source = c->answer->release();
    source.reset();
    s.provider->last.reset();
    CHECK(s.state().tokens_per_minute.used == 500);
  }
  SUBCASE("never sent") {
    s.provider->reached = false;
    s.provider->fails = [](const auto&) { return weir::failure(weir::errc::connect_failed, ""); };
    s.start(500);
    CHECK(s.state().tokens_per_minute.used == 0);
    CHECK(s.state().requests_per_minute.used == 0);
  }
  SUBCASE("lost after it was sent") {
    s.provider->fails = [](const auto&) { return weir::failure(weir::errc::connection_lost, ""); };
    s.start(500);
    CHECK(s.state().tokens_per_minute.used == 500);
  }
  SUBCASE("refused by the provider") {
    s.provider->fails = [](const auto&) { return weir::failure(weir::errc::bad_request, "").status(400); };
    s.start(500);
    CHECK(s.state().tokens_per_minute.used == 0);
  }
}

TEST_CASE("an answer that is not streamed is settled when it has arrived") {
  auto set = std::make_shared<weir::rate_limit_set>(rate_limit().tokens_per_minute(1000));
  class plain final : public weir::handler {
  public:
    boost::asio::awaitable<weir::reply> operator()(weir::call& c) override {
      weir::usage u;
      u.prompt_tokens = 30;
      u.completion_tokens = 12;
      auto made =
          std::make_shared<weir::completed_reply>(std::any(), weir::outcome::complete, weir::failure(), u, c.attempt);
      co_return weir::reply(std::move(made));
    }
  };
  weir::test::world w;
  const auto top = weir::make_rate_limit(set)(std::make_shared<plain>());
  const auto out = std::make_shared<outcome_of_call>();
  w.run([&] { return ask(top, a_call(w.now(), 500), out); });
  CHECK(out->answer);
  CHECK(set->inspect(w.now()).at(0).tokens_per_minute.used == 42);
}

TEST_CASE("L7: one 429 with a hint holds back every caller of that key and model and no other") {
  limited s{rate_limit()};
  s.provider->latency = 100ms;
  const auto throttled_until = s.now() + 20s;
  s.provider->fails = [&](const weir::call& c) {
    return c.to.model() == "gpt-4" && s.now() < throttled_until ? throttled(throttled_until - s.now())
                                                                : weir::failure();
  };
  std::vector<std::shared_ptr<outcome_of_call>> in_flight, later;
  for (int i = 0; i < 5; ++i)
    in_flight.push_back(s.start());
  s.run_for(200ms);
  for (const auto& c : in_flight)
    CHECK(c->failure.code() == weir::errc::rate_limited);
  for (int i = 0; i < 40; ++i)
    later.push_back(s.start());
  auto other = a_call(s.now());
  other.to.model("gpt-5");
  const auto free = s.start_in(s.world.root, other);
  s.run_for(15s);
  CHECK(free->answer);
  CHECK(s.provider->requests.size() == 6);
  const auto states = s.set->inspect(s.now());
  CHECK(states.at(0).suspended > 4s);
  s.run_for(20s);
  for (const auto& c : later)
    CHECK(c->answer);
  CHECK(s.set->inspect(s.now()).at(0).throttled == 5); // No more than were in flight.
}

TEST_CASE("a call whose deadline comes before the gate opens is refused at once with the provider's wait") {
  limited s{rate_limit()};
  s.provider->fails = [](const auto&) { return throttled(60s); };
  s.start();
  const auto c = s.start_within(10s);
  REQUIRE(c->done);
  CHECK(c->failure.code() == weir::errc::limit_reached);
  CHECK(*c->failure.retry_after() >= 59s);
}

TEST_CASE("a first call after a 429 that is cancelled does not wedge the gate") {
  limited s{rate_limit()};
  s.provider->fails = [](const auto&) { return throttled(5s); };
  s.provider->latency = 1s;
  s.start();
  s.run_for(1s);
  s.provider->fails = nullptr;
  s.provider->latency = 1h;
  auto first = std::make_shared<outcome_of_call>();
  boost::asio::cancellation_signal stop;
  boost::asio::co_spawn(s.world.executor(), ask(s.top, a_call(s.now()), first),
                        boost::asio::bind_cancellation_slot(stop.slot(), boost::asio::detached));
  const auto second = s.start();
  s.run_for(7s);
  CHECK(s.provider->requests.size() == 2);
  CHECK(s.waiting() == 1);
  s.provider->latency = 0s;
  stop.emit(boost::asio::cancellation_type::terminal);
  s.run_for(0s);
  CHECK(first->cancelled);
  CHECK(second->answer);
}

TEST_CASE("headers that report little left slow the callers down") {
  limited s(rate_limit().requests_per_minute(100));
  s.provider->hints.requests.limit = 100;
  s.provider->hints.requests.remaining = 0;
  s.provider->hints.requests.reset = 50s;
  s.start();
  const auto c = s.start();
  CHECK_FALSE(c->done);
  s.run_for(1s);
  CHECK(c->answer);
}

TEST_CASE("interactive calls go before batch calls") {
  limited s(rate_limit().requests_per_minute(1));
  s.start();
  const auto batch = s.start(0, weir::priority::batch);
  const auto interactive = s.start();
  s.run_for(61s);
  CHECK(interactive->done);
  CHECK_FALSE(batch->done);
  s.run_for(61s);
  CHECK(batch->done);
}

TEST_CASE("a context that is destroyed with calls in the queue leaves the set as if they had never arrived") {
  auto set = std::make_shared<weir::rate_limit_set>(rate_limit().requests_per_minute(1));
  {
    limited gone(set);
    gone.start();
    gone.start();
    gone.start(0, weir::priority::batch);
    CHECK(gone.waiting() == 2);
  }
  limited s(set);
  CHECK(s.waiting() == 0);
  const auto c = s.start();
  s.run_for(61s);
  CHECK(c->answer);
}

TEST_CASE("without limits and gate there is no layer") {
  const auto inner = std::make_shared<fake_provider>();
  const auto set = std::make_shared<weir::rate_limit_set>(rate_limit().gate(false));
  CHECK(weir::make_rate_limit(set)(inner) == inner);
  CHECK(weir::make_rate_limit(std::make_shared<weir::rate_limit_set>(rate_limit()))(inner) != inner);
}

TEST_CASE("models of a key are counted together if that is configured") {
  limited s(rate_limit().requests_per_minute(1).models_together(true));
  s.start();
  auto other = a_call(s.now());
  other.to.model("gpt-5");
  CHECK_FALSE(s.start_in(s.world.root, other)->done);
  auto elsewhere = a_call(s.now());
  elsewhere.to.key("second");
  CHECK(s.start_in(s.world.root, elsewhere)->done);
}

TEST_CASE("settings that cannot work are refused with their path") {
  const auto why = [](const rate_limit& s) -> std::string {
    try {
      s.check("policies.rate_limit");
    } catch (const weir::error& e) {
      CHECK(e.code() == weir::errc::invalid_configuration);
      return e.what();
    }
    return "";
  };
  CHECK(why(rate_limit()) == "");
  CHECK(why(rate_limit().batch_share(0)).starts_with("policies.rate_limit.batch_share: "));
  CHECK(why(rate_limit().batch_share(std::numeric_limits<double>::quiet_NaN())) != "");
  CHECK(why(rate_limit().max_waiting(0)).starts_with("policies.rate_limit.max_waiting: "));
  CHECK(why(rate_limit().longest_gate(-1s)).starts_with("policies.rate_limit.longest_gate: "));
  CHECK(why(rate_limit().requests_per_day(5).requests_per_minute(6)) != "");
}
