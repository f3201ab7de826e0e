// A deadline that has passed, or passes in a layer, is the reason that is reported, whatever the layer would report
// next.
#include <doctest/doctest.h>

#include <functional>

#include <weir/core/random.hpp>
#include <weir/core/within.hpp>

#include "policy/alternatives/fallback.hpp"
#include "policy/alternatives/hedge.hpp"
#include "policy/breaker/breaker.hpp"
#include "policy/breaker/breaker_set.hpp"
#include "policy/concurrency/concurrency.hpp"
#include "policy/fake_answers.hpp"
#include "policy/rate/rate_limit.hpp"
#include "policy/recover/cold_start.hpp"
#include "policy/recover/quota_set.hpp"
#include "policy/recover/retry.hpp"
#include "policy/select/key_pool.hpp"
#include "policy/select/routing.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using weir::test::fake_wire;
using weir::test::way;
using weir::test::world;

namespace {

asio::awaitable<void> ask(handler_ptr top, call c) { co_await test::read_all(std::move(top), c); }

// The error of a call whose deadline is in `left`, under a layer, over a wire that takes a while.
failure failure_after(world& w, const handler_ptr& top, duration left) {
  // The ambient deadline alone, as if its enforcer had not acted yet.
  const auto in = w.root->child(after(w.now(), left));
  failure f;
  call c(nullptr, target("acme/model"), in, w.now());
  asio::co_spawn(asio::any_io_executor(executor(in)), ask(top, std::move(c)), [&](std::exception_ptr e) {
    try {
      if (e)
        std::rethrow_exception(e);
    } catch (const error& why) {
      f = why.failure();
    }
  });
  testing::run(w.io);
  w.io.restart();
  return f;
}

class layers_to_test {
public:
  layers_to_test() {
    all.emplace_back("retry", make_retry(retry(), std::make_shared<quota_set>()));
    all.emplace_back("breaker", make_breaker(breaker(), std::make_shared<breaker_set>()));
    all.emplace_back("gate", make_rate_limit(std::make_shared<rate_limit_set>(rate_limit())));
    all.emplace_back("rate limit", make_rate_limit(std::make_shared<rate_limit_set>(
                                       rate_limit().gate(false).requests_per_minute(10))));
    all.emplace_back("concurrency", make_concurrency(std::make_shared<concurrency_set>(concurrency().limit(1))));
    const auto keys = key_pool().keys("acme", {"a", "b"});
    all.emplace_back("keys", make_key_pool(keys, std::make_shared<key_pool_set>(keys)));
    const auto hedging = hedge().after(1s);
    all.emplace_back("hedge", stack_over_retry(make_hedge(hedging, std::make_shared<hedge_set>(hedging))));
    all.emplace_back("fallback", stack_over_retry(make_fallback(fallback().to(target("acme/other")))));
    const auto routes = routing().add(target("acme")).add(target("bolt"));
    all.emplace_back("routing", stack_over_retry(make_routing(routes, std::make_shared<routing_set>(routes))));
    all.emplace_back("cold_start", make_cold_start(cold_start(), [](const target&) { return true; }, {}));
  }
  static layer stack_over_retry(layer outer) {
    return [outer](handler_ptr inner) { return outer(make_retry(retry(), std::make_shared<quota_set>())(inner)); };
  }
  std::vector<std::pair<std::string, layer>> all;
};

} // namespace

TEST_CASE("a call whose deadline has passed ends with it in every layer, and nothing is sent") {
  world w;
  seed_random(w.io, 1);
  for (const auto left : {duration(-1h), duration(-1ns), duration()}) {
    for (const auto& [name, one] : layers_to_test().all) {
      CAPTURE(name);
      CAPTURE(left.count());
      const auto wire = std::make_shared<fake_wire>(std::vector<way>{way::refused(failure(errc::overloaded, ""))});
      const auto f = failure_after(w, one(wire), left);
      CHECK(f.code() == errc::deadline_exceeded);
      CHECK(wire->requests.empty());
    }
  }
}

TEST_CASE("a call whose deadline is about to pass ends with it in every layer, whatever comes later") {
  world w;
  seed_random(w.io, 1);
  for (const auto left : {duration(1ns), duration(5us), duration(50us), duration(1ms)})
    for (const auto& how :
         {way::good(1s), way::good(0s, 1s), way::refused(failure(errc::overloaded, "").status(503), 1s),
          way::refused(failure(errc::rate_limited, "").status(429).retry_after(1s), 1s)})
      for (const auto& [name, one] : layers_to_test().all) {
        CAPTURE(name);
        CAPTURE(left.count());
        const auto wire = std::make_shared<fake_wire>(std::vector<way>{how});
        const auto top = one(wire);
        failure f;
        try {
          w.run([&]() -> asio::awaitable<void> {
            auto c = test::call_to(w);
            co_await within(left, ask(top, c));
          });
        } catch (const error& e) {
          f = e.failure();
        }
        CHECK(f.code() == errc::deadline_exceeded);
        CHECK(wire->requests.size() <= 2); // A fallback divides what is left.
      }
}

TEST_CASE("a call whose deadline passes while it waits ends with it, and not with the layer's own error") {
  // Layers that make calls wait: here for the call before, which takes a second.
  for (const bool permits : {false, true}) {
    world w;
    const auto wire = std::make_shared<fake_wire>(std::vector<way>{way::good(1s)});
    const auto top = permits
                         ? make_concurrency(std::make_shared<concurrency_set>(concurrency().limit(1)))(wire)
                         : make_rate_limit(std::make_shared<rate_limit_set>(rate_limit().requests_per_minute(1)))(wire);
    const auto in = w.root->child();
    asio::co_spawn(asio::any_io_executor(executor(in)), ask(top, call(nullptr, target("acme/model"), in, w.now())),
                   [](std::exception_ptr) {});
    testing::run(w.io, 10ms);
    w.io.restart();
    failure f;
    try {
      w.run([&]() -> asio::awaitable<void> {
        auto c = test::call_to(w);
        c.reply_scope = scope_of(co_await asio::this_coro::executor);
        co_await within(50us, ask(top, c));
      });
    } catch (const error& e) {
      f = e.failure();
    }
    // A turn that is known to come after the deadline is reported by the limit.
    CHECK(f.code() == (permits ? errc::deadline_exceeded : errc::limit_reached));
  }
}

TEST_CASE("a failure that comes with the deadline is the deadline's") {
  world w;
  seed_random(w.io, 1);
  const auto wire = std::make_shared<fake_wire>(std::vector<way>{way::refused(failure(errc::overloaded, ""), 1s)});
  const auto top = make_retry(retry(), std::make_shared<quota_set>())(wire);
  CHECK(failure_after(w, top, 1s).code() == errc::deadline_exceeded);
  CHECK(failure_after(w, top, 1s + 1us).code() == errc::overloaded);
}
