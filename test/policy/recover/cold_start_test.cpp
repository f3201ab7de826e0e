// Waiting for endpoints to start, in simulated time.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>

#include <weir/core/within.hpp>
#include <weir/testing.hpp>

#include "policy/recover/cold_start.hpp"
#include "policy/recover/quota_set.hpp"
#include "policy/recover/retry.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

namespace asio = boost::asio;

failure starting() { return failure(errc::loading, "cold-start").status(503); }

class fake_question final : public operation {
public:
  std::string_view name() const noexcept override { return "chat"; }
  token_estimate tokens() const override { return token_estimate(); }
};

// Fails as scripted, then answers.
class endpoint_double final : public handler {
public:
  explicit endpoint_double(std::deque<failure> first) : failures(std::move(first)) {}
  asio::awaitable<reply> operator()(call& c) override {
    ++requests;
    if (!c.attempt)
      begin_attempt(c, c.begun);
    holds.push_back(c.hold);
    if (takes > duration())
      co_await sleep_for(takes);
    if (!failures.empty()) {
      const auto f = failures.front();
      if (!forever)
        failures.pop_front();
      c.attempt->failure = f;
      c.attempt->status = f.status();
      throw error(f);
    }
    co_return reply(std::make_shared<completed_reply>(std::any(), outcome::complete, failure(), usage(), c.attempt));
  }
  std::deque<failure> failures;
  std::vector<std::optional<duration>> holds;
  bool forever = false;
  duration takes{};
  int requests = 0;
};

class watcher final : public observer {
public:
  void endpoint_starting(const call_record&, const attempt&, duration waited) noexcept override {
    told.push_back(waited);
  }
  void endpoint_awaited(const call_record&, const attempt&) noexcept override { ++ended; }
  std::vector<duration> told;
  int ended = 0;
};

class bench {
public:
  explicit bench(std::deque<failure> failures, cold_start settings = cold_start(), bool with_retry = false)
      : inner(std::make_shared<endpoint_double>(std::move(failures))) {
    testing::manual_time::install(io);
    root = scope::root(io.get_executor());
    start = now();
    std::vector<layer> layers;
    if (with_retry)
      layers.push_back(make_retry(retry(), quotas));
    layers.push_back(make_cold_start(settings, [this](const target&) { return scales_to_zero; }, {watch}));
    top = stack_layers(layers, inner);
    c = std::make_shared<call>(std::make_shared<fake_question>(), target().base_url("https://e.example"), root, start);
    c->streamed = false;
  }

  void run(duration limit = duration()) {
    asio::co_spawn(asio::any_io_executor(executor(root)), ask(limit), [this](std::exception_ptr e) {
      ended = true;
      if (!e)
        return;
      try {
        std::rethrow_exception(e);
      } catch (const error& failed) {
        why = failed.failure();
      }
    });
    CHECK(testing::run(io));
    CHECK(ended);
    CHECK(testing::manual_time::of(io).waits() == 0);
  }
  asio::awaitable<void> once() { co_await (*top)(*c); }
  asio::awaitable<void> ask(duration limit) {
    if (limit > duration())
      co_await within(limit, once());
    else
      co_await once();
  }
  time_point now() { return testing::manual_time::of(io).now(); }
  duration took() { return now() - start; }

  asio::io_context io{1};
  std::shared_ptr<endpoint_double> inner;
  std::shared_ptr<watcher> watch = std::make_shared<watcher>();
  std::shared_ptr<quota_set> quotas = std::make_shared<quota_set>();
  std::shared_ptr<scope> root;
  handler_ptr top;
  std::shared_ptr<call> c;
  time_point start{};
  bool scales_to_zero = true;
  bool ended = false;
  failure why;
};

} // namespace

TEST_CASE("a call waits for an endpoint that is starting, in one attempt") {
  bench b({starting(), starting(), failure(errc::server_error, "").status(502), starting()});
  b.run();
  CHECK_FALSE(b.why);
  CHECK(b.inner->requests == 5);
  CHECK(b.took() > 8s);
  CHECK(b.took() < 12s);
  REQUIRE(b.c->record->attempts.size() == 1);
  const auto& a = *b.c->record->attempts[0];
  CHECK(a.cold_start == b.took());
  CHECK_FALSE(a.failure);
  CHECK(a.status == 0);
}

TEST_CASE("the wait costs no retries and no quota") {
  bench b({starting(), starting(), starting(), starting(), starting()}, cold_start(), true);
  b.run();
  CHECK_FALSE(b.why);
  CHECK(b.inner->requests == 6);
  CHECK(b.c->record->attempts.size() == 1);
  for (const auto& q : b.quotas->inspect()) {
    CHECK(q.granted == 0);
    CHECK(q.available == q.capacity);
  }
}

TEST_CASE("the first request goes out as it is, and those that follow may be held until shortly before the deadline") {
  bench b({starting(), starting()});
  b.run(1min);
  CHECK_FALSE(b.why);
  REQUIRE(b.inner->holds.size() == 3);
  CHECK_FALSE(b.inner->holds[0].has_value());
  REQUIRE(b.inner->holds[1].has_value());
  CHECK(*b.inner->holds[1] > 56s);
  CHECK(*b.inner->holds[1] < 58s);
  CHECK(*b.inner->holds[2] < *b.inner->holds[1]);
  CHECK_FALSE(b.c->hold.has_value());
}

TEST_CASE("observers are notified at once and every second, also while the endpoint holds the request") {
  bench b({starting(), starting()});
  b.inner->takes = 10s;
  b.run();
  CHECK_FALSE(b.why);
  // 10 s to the first response; then 20 s held, and two pauses.
  REQUIRE(b.watch->told.size() >= 21);
  CHECK(b.watch->told.size() <= 23);
  CHECK(b.watch->told[0] == 0s);
  CHECK(b.watch->told[1] == 1s);
  CHECK(b.watch->told[20] == 20s);
  CHECK(b.watch->ended == 1);
}

TEST_CASE("a deadline that leaves no time for another try ends the call before it, with what to do") {
  bench b({starting()});
  b.inner->forever = true;
  b.run(30s);
  CHECK(b.why.code() == errc::deadline_exceeded);
  CHECK(b.why.message().find("still starting after 2") != std::string::npos);
  CHECK(b.why.message().find("allow several minutes") != std::string::npos);
  CHECK(b.took() < 30s);
  CHECK(b.took() > 20s);
}

TEST_CASE("a call that may not wait fails at once, after one try, and may fall back") {
  bench b({starting()}, cold_start::never(), true);
  b.run();
  CHECK(b.why.code() == errc::starting);
  CHECK(b.why.code() == condition::transient);
  CHECK(b.took() == 0s);
  CHECK(b.inner->requests == 1);
  CHECK(b.watch->told.empty());
}

TEST_CASE("a limit of its own ends the wait") {
  bench b({starting()}, cold_start().limit(10s), true);
  b.inner->forever = true;
  b.run();
  CHECK(b.why.code() == errc::starting);
  CHECK(b.took() <= 10s);
  CHECK(b.c->record->attempts.size() == 1);
}

TEST_CASE("a paused endpoint fails at once") {
  bench b({failure(errc::paused, "resume it").status(400)}, cold_start(), true);
  b.run();
  CHECK(b.why.code() == errc::paused);
  CHECK(b.took() == 0s);
}

TEST_CASE("an endpoint that answers nothing but 500 is given up after a minute, without retries") {
  bench b({failure(errc::server_error, "").status(500)}, cold_start(), true);
  b.inner->forever = true;
  b.run();
  CHECK(b.why.code() == errc::server_error);
  CHECK(b.took() >= 1min);
  CHECK(b.took() < 70s);
  CHECK(b.c->record->attempts.size() == 1);
}

TEST_CASE("targets that do not scale to zero are left to the other policies") {
  bench b({starting()});
  b.scales_to_zero = false;
  b.run();
  CHECK(b.why.code() == errc::loading);
  CHECK(b.inner->requests == 1);
}

TEST_CASE("a cancelled call leaves nothing behind while it waits") {
  bench b({starting()});
  b.inner->forever = true;
  asio::co_spawn(asio::any_io_executor(executor(b.root)), b.ask(1min), [&](std::exception_ptr) { b.ended = true; });
  testing::run(b.io, 5s);
  CHECK_FALSE(b.ended);
  b.root->cancel();
  CHECK(testing::run(b.io));
  CHECK(b.ended);
  CHECK(testing::manual_time::of(b.io).waits() == 0);
}
