// Failures as values.
#include <weir/core/as_result.hpp>

#include <any>
#include <new>
#include <stdexcept>
#include <string>

#include <weir/core/within.hpp>

#include "core/support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::as_result;
using weir::errc;
using weir::test::world;

namespace {

asio::awaitable<std::string> gives(std::string text) { co_return text; }
asio::awaitable<void> nothing() { co_return; }
asio::awaitable<std::any> anything() { co_return std::any(7); }

template <class Exception>
asio::awaitable<int> fails(Exception with) {
  throw with;
  co_return 0;
}

asio::awaitable<int> sleeps(weir::duration d) {
  co_await weir::sleep_for(d);
  co_return 1;
}

} // namespace

TEST_CASE("what was awaited is the result's value") {
  world w;
  w.run([]() -> asio::awaitable<void> {
    const auto text = co_await as_result(gives("a text that is longer than the small buffer"));
    REQUIRE(text.has_value());
    CHECK(*text == "a text that is longer than the small buffer");
    const auto done = co_await as_result(nothing());
    CHECK(done.has_value());
    const auto any = co_await as_result(anything());
    REQUIRE(any.has_value());
    CHECK(std::any_cast<int>(*any) == 7);
  });
}

TEST_CASE("a failure is the result's error, complete, and what value() throws") {
  world w;
  w.run([]() -> asio::awaitable<void> {
    const weir::failure refused = weir::failure(errc::rate_limited, "too many").status(429).remote("slow down");
    const auto r = co_await as_result(fails(weir::error(refused)));
    REQUIRE(r.has_error());
    CHECK(r.error().code() == errc::rate_limited);
    CHECK(r.error().status() == 429);
    CHECK(r.error().remote() == "slow down");
    CHECK_THROWS_AS(r.value(), weir::error);
  });
}

TEST_CASE("a deadline and what Asio throws are failures too") {
  world w;
  w.run([]() -> asio::awaitable<void> {
    const auto late = co_await as_result(weir::within(1s, sleeps(1h)));
    CHECK(late.error().code() == errc::deadline_exceeded);
    const auto aborted = co_await as_result(fails(boost::system::system_error(asio::error::operation_aborted)));
    CHECK(aborted.error().code() == errc::cancelled);
    const auto reset = co_await as_result(fails(boost::system::system_error(asio::error::connection_reset)));
    CHECK(reset.error().code() == asio::error::connection_reset);
    const auto memory = co_await as_result(fails(std::bad_alloc()));
    CHECK(memory.error().code() == errc::out_of_resources);
  });
}

TEST_CASE("an exception that is not a failure passes through") {
  world w;
  CHECK_THROWS_AS(w.run([]() -> asio::awaitable<void> { co_await as_result(fails(std::logic_error("a mistake"))); }),
                  std::logic_error);
}
