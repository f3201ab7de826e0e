// The concurrency layer: permits through every way a call can end.
#include <doctest/doctest.h>

#include "policy/concurrency/concurrency.hpp"

#include "policy/rate/rate_limit_fakes.hpp"

using namespace std::chrono_literals;
using namespace limits_test;
using weir::concurrency;

namespace {

class limited : public scene {
public:
  explicit limited(concurrency s) : limited(std::make_shared<weir::concurrency_set>(std::move(s))) {}
  explicit limited(std::shared_ptr<weir::concurrency_set> set) : scene({weir::make_concurrency(set)}), set(set) {}

  weir::concurrency_state state() { return set->inspect(now()).at(0); }
  std::size_t waiting() { return state().waiting_interactive + state().waiting_batch; }

  std::shared_ptr<weir::concurrency_set> set;
};

} // namespace

TEST_CASE("a permit is held until the answer has ended and then goes to the next in line") {
  limited s(concurrency().limit(1));
  const auto first = s.start();
  const auto answer = s.provider->last;
  const auto second = s.start();
  const auto third = s.start(0, weir::priority::batch);
  const auto fourth = s.start();
  s.run_for(5s);
  CHECK_FALSE(second->done);
  CHECK(s.waiting() == 3);
  answer->end(weir::outcome::complete);
  s.run_for(0s);
  CHECK(second->done);
  CHECK(second->queued == 5s);
  s.provider->last->end(weir::outcome::complete);
  s.run_for(0s);
  CHECK(fourth->done);
  CHECK_FALSE(third->done);
  s.provider->last->end(weir::outcome::complete);
  s.run_for(0s);
  CHECK(third->done);
  CHECK(s.provider->most == 1);
}

TEST_CASE("a permit comes back on every way out") {
  limited s(concurrency().limit(1));
  const auto free = [&] {
    s.run_for(0s);
    return s.state().running == 0;
  };
  SUBCASE("thrown") {
    s.provider->fails = [](const auto&) { return weir::failure(weir::errc::server_error, "").status(500); };
    s.start();
    CHECK(free());
  }
  SUBCASE("completed") {
    const auto c = s.start();
    CHECK_FALSE(free());
    s.provider->last->end(weir::outcome::complete);
    CHECK(free());
  }
  SUBCASE("failed in the middle") {
    const auto c = s.start();
    s.provider->last->end(weir::outcome::failed, weir::failure(weir::errc::connection_lost, ""));
    CHECK(free());
  }
  SUBCASE("dropped") {
    const auto c = s.start();
    c->answer.reset();
    CHECK(free());
  }
  SUBCASE("destroyed without an end") {
    const auto c = s.start();
    auto source = c->answer->release();
    source.reset();
    CHECK_FALSE(free());
    s.provider->last.reset();
    CHECK(free());
  }
  SUBCASE("cancelled on the wire") {
    s.provider->latency = 1h;
    auto c = std::make_shared<outcome_of_call>();
    boost::asio::cancellation_signal stop;
    boost::asio::co_spawn(s.world.executor(), ask(s.top, a_call(s.now()), c),
                          boost::asio::bind_cancellation_slot(stop.slot(), boost::asio::detached));
    s.run_for(1s);
    CHECK_FALSE(free());
    stop.emit(boost::asio::cancellation_type::terminal);
    CHECK(free());
    CHECK(c->cancelled);
  }
  SUBCASE("over its deadline") {
    s.provider->latency = 1h;
    const auto c = s.start_within(5s);
    s.run_for(6s);
    CHECK(c->failure.code() == weir::errc::deadline_exceeded);
    CHECK(free());
  }
}

TEST_CASE("a call that is cancelled while it waits for a permit leaves nothing") {
  limited s(concurrency().limit(1));
  const auto first = s.start();
  const auto answer = s.provider->last;
  const auto second = s.start_within(10s);
  const auto third = s.start();
  s.run_for(11s);
  CHECK(second->cancelled);
  CHECK(s.waiting() == 1);
  answer->end(weir::outcome::complete);
  s.run_for(0s);
  CHECK(third->answer);
}

TEST_CASE("a queue for permits that is full refuses at once") {
  limited s(concurrency().limit(1).max_waiting(1));
  const auto first = s.start();
  const auto second = s.start();
  const auto third = s.start();
  REQUIRE(third->done);
  CHECK(third->failure.code() == weir::errc::pool_exhausted);
  CHECK(s.state().refused == 1);
}

TEST_CASE("an adaptive limit grows with first tokens and is cut by a 429 but not by a 500") {
  limited s(concurrency().adaptive(true).initial(2));
  s.provider->first_token = 200ms;
  for (int i = 0; i < 6; ++i) {
    const auto c = s.start();
    s.provider->last->first_token();
    s.provider->last->end(weir::outcome::complete);
  }
  const auto grown = s.state().limit;
  CHECK(grown > 2);
  s.provider->fails = [](const auto&) { return weir::failure(weir::errc::server_error, "").status(500); };
  s.start();
  CHECK(s.state().limit == grown);
  s.provider->fails = [](const auto&) { return throttled(); };
  s.start();
  CHECK(s.state().limit == grown * 8 / 10);
  CHECK(s.state().cuts == 1);
  s.provider->fails = [](const auto&) { return weir::failure(weir::errc::overloaded, "").status(529); };
  s.start();
  CHECK(s.state().cuts == 1); // The same episode.
}

TEST_CASE("a context that is destroyed with running and waiting calls gives everything back") {
  auto set = std::make_shared<weir::concurrency_set>(concurrency().limit(1));
  {
    limited gone(set);
    gone.provider->latency = 1h;
    gone.start();
    gone.start();
    CHECK(gone.waiting() == 1);
  }
  limited s(set);
  CHECK(s.state().running == 0);
  CHECK(s.waiting() == 0);
}

TEST_CASE("without a limit on concurrency there is no layer") {
  const auto inner = std::make_shared<fake_provider>();
  CHECK(weir::make_concurrency(std::make_shared<weir::concurrency_set>(concurrency()))(inner) == inner);
}

TEST_CASE("concurrency settings that cannot work are refused with their path") {
  const auto why = [](const concurrency& s) -> std::string {
    try {
      s.check("concurrency");
    } catch (const weir::error& e) {
      return e.what();
    }
    return "";
  };
  CHECK(why(concurrency()) == "");
  CHECK(why(concurrency().adaptive(true)) == "");
  CHECK(why(concurrency().adaptive(true).limit(3)).starts_with("concurrency.limit: "));
  CHECK(why(concurrency().min(0)).starts_with("concurrency.min: "));
  CHECK(why(concurrency().min(9)).starts_with("concurrency.initial: "));
  CHECK(why(concurrency().max(7)).starts_with("concurrency.initial: "));
  CHECK(why(concurrency().episode(0s)).starts_with("concurrency.episode: "));
  CHECK(why(concurrency().slow_first_token(1)).starts_with("concurrency.slow_first_token: "));
  CHECK(why(concurrency().batch_share(1)).starts_with("concurrency.batch_share: "));
  CHECK(why(concurrency().max_waiting(0)).starts_with("concurrency.max_waiting: "));
}
