// The limits' shared state under real threads and real clocks, for ThreadSanitizer to check.
#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include "policy/concurrency/concurrency.hpp"
#include "policy/rate/rate_limit.hpp"

#include "rate_limit_fakes.hpp"

using namespace std::chrono_literals;
using namespace limits_test;

namespace {

class counters {
public:
  std::atomic<int> running{0}, most{0}, answered{0}, throttled{0}, cancelled{0}, requests{0};
};

// Answers after a yield; every 97th call is throttled for a few milliseconds.
class busy_provider final : public weir::handler {
public:
  explicit busy_provider(counters& c) : counters_(c) {}
  boost::asio::awaitable<weir::reply> operator()(weir::call& c) override {
    const int now = ++counters_.running;
    for (int seen = counters_.most; now > seen && !counters_.most.compare_exchange_weak(seen, now);) {
    }
    leaves on_exit(counters_.running);
    const auto ex = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(ex, boost::asio::use_awaitable);
    c.attempt->status = 200;
    if (++counters_.requests % 97 == 0) {
      c.attempt->status = 429;
      const auto f = throttled(2ms);
      throw weir::error(f);
    }
    weir::usage u;
    u.total_tokens = 3;
    co_return weir::reply(
        std::make_shared<weir::completed_reply>(std::any(), weir::outcome::complete, weir::failure(), u, c.attempt));
  }

private:
  class leaves {
  public:
    explicit leaves(std::atomic<int>& n) : n_(n) {}
    leaves(const leaves&) = delete;
    ~leaves() { --n_; }

  private:
    std::atomic<int>& n_;
  };
  counters& counters_;
};

boost::asio::awaitable<void> ask_in_turn(weir::handler_ptr top, counters& n, int calls, int caller) {
  const auto ex = co_await boost::asio::this_coro::executor;
  for (int i = 0; i < calls; ++i) {
    const auto p = (caller + i) % 3 ? weir::priority::interactive : weir::priority::batch;
    auto out = std::make_shared<outcome_of_call>();
    const auto limit = (caller + i) % 11 ? weir::duration(10s) : weir::duration(100us);
    try {
      co_await weir::within(limit, ask(top, a_call(weir::time_of(ex).now(), 10, p), out));
    } catch (const weir::error&) {
    }
    n.answered += out->answer.has_value();
    n.throttled += out->failure.status() == 429;
    n.cancelled += !out->answer && out->failure.status() != 429;
  }
}

} // namespace

TEST_CASE("four threads share the limits and neither exceed nor lose anything") {
  counters n;
  const auto rates = std::make_shared<weir::rate_limit_set>(
      weir::rate_limit().requests_per_minute(1'000'000).tokens_per_minute(10'000'000));
  const auto permits = std::make_shared<weir::concurrency_set>(weir::concurrency().limit(3));
  constexpr int calls = 60, callers = 8, threads = 4;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      boost::asio::io_context io(1);
      const auto root = weir::scope::root(io.get_executor());
      const auto top = weir::stack_layers({weir::make_rate_limit(rates), weir::make_concurrency(permits)},
                                          std::make_shared<busy_provider>(n));
      for (int c = 0; c < callers; ++c)
        boost::asio::co_spawn(boost::asio::any_io_executor(weir::executor(root)),
                              ask_in_turn(top, n, calls, t * callers + c), [](std::exception_ptr) {});
      io.run();
    });
  for (auto& t : all)
    t.join();
  CHECK(n.most <= 3);
  CHECK(n.answered + n.throttled + n.cancelled == calls * callers * threads);
  CHECK(n.answered > calls * callers * threads / 2);
  const auto now = weir::time_point(std::chrono::steady_clock::now().time_since_epoch());
  const auto rate = rates->inspect(now).at(0);
  const auto permit = permits->inspect(now).at(0);
  CHECK(rate.waiting_interactive + rate.waiting_batch == 0);
  CHECK(permit.waiting_interactive + permit.waiting_batch == 0);
  CHECK(permit.running == 0);
  CHECK(rate.throttled == static_cast<std::uint64_t>(n.throttled));
}
