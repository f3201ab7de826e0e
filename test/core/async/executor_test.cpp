// The executor's properties and its scopes.
#include <weir/core/executor.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>

#include "core/support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::test::world;

TEST_CASE("an erased weir executor is found again after Asio's own requires") {
  world w;
  asio::any_io_executor ex = w.executor();
  REQUIRE(ex.target<weir::executor>());
  ex = asio::require(ex, asio::execution::blocking.never);
  ex = asio::prefer(ex, asio::execution::outstanding_work.tracked);
  ex = asio::prefer(ex, asio::execution::relationship.continuation);
  ex = asio::prefer(ex, asio::execution::outstanding_work.untracked);
  const auto* own = ex.target<weir::executor>();
  REQUIRE(own);
  CHECK(asio::query(*own, weir::current_scope) == w.root);
  CHECK(asio::query(*own, asio::execution::blocking) == asio::execution::blocking.never);
}

TEST_CASE("requiring a deadline makes a child scope and only narrows") {
  world w;
  const weir::executor ex(w.root);
  const auto soon = w.now() + 5s, late = w.now() + 1h;
  const auto narrow = asio::require(ex, weir::deadline(soon));
  CHECK(asio::query(narrow, weir::deadline()).at() == soon);
  const auto wider = asio::require(narrow, weir::deadline(late));
  CHECK(asio::query(wider, weir::deadline()).at() == soon);
  CHECK(asio::query(ex, weir::deadline()).at() == weir::never);
  const auto paced = asio::require(narrow, weir::backoff(1s, 4s));
  CHECK(asio::query(paced, weir::backoff()) == weir::backoff(1s, 4s));
  CHECK(asio::query(paced, weir::deadline()).at() == soon);
}

TEST_CASE("only tracked copies keep run() going") {
  asio::io_context io;
  const weir::executor ex{asio::any_io_executor(io.get_executor())};
  CHECK(io.run() == 0);
  io.restart();
  {
    auto tracked = asio::require(ex, asio::execution::outstanding_work.tracked);
    auto second = asio::require(asio::require(tracked, weir::deadline(weir::time_of(io).now() + 1h)),
                                asio::execution::relationship.continuation);
    CHECK(io.poll() == 0);
    CHECK_FALSE(io.stopped());
    tracked = ex;
    CHECK(io.poll() == 0);
    CHECK_FALSE(io.stopped());
  }
  io.poll();
  CHECK(io.stopped());
}

TEST_CASE("post and dispatch reach the plain executor with their meaning") {
  asio::io_context io;
  const asio::any_io_executor ex = weir::executor(asio::any_io_executor(io.get_executor()));
  std::string order;
  asio::post(ex, [&] {
    asio::dispatch(ex, [&] { order += "inline,"; });
    asio::post(ex, [&] { order += "later,"; });
    order += "first,";
  });
  io.run();
  CHECK(order == "inline,first,later,");
}

TEST_CASE("a scope works over a thread pool's strand") {
  asio::thread_pool pool(2);
  const auto root = weir::scope::root(asio::make_strand(pool.get_executor()));
  const asio::any_io_executor ex = weir::executor(root);
  std::atomic<int> sum{0};
  int unguarded = 0;
  for (int i = 0; i < 1000; ++i)
    asio::post(ex, [&] {
      ++unguarded;
      ++sum;
    });
  pool.join();
  CHECK(sum == 1000);
  CHECK(unguarded == 1000);
}

TEST_CASE("cancelling a scope reaches its children and keeps the first reason") {
  world w;
  auto a = w.root->child();
  auto b = a->child();
  auto aside = w.root->child();
  a->cancel(weir::errc::deadline_exceeded);
  a->cancel(weir::errc::cancelled);
  CHECK(a->reason() == weir::errc::deadline_exceeded);
  CHECK(b->reason() == weir::errc::deadline_exceeded);
  CHECK_FALSE(aside->cancelled());
  CHECK_FALSE(w.root->cancelled());
  CHECK(a->child()->cancelled());
}

TEST_CASE("scopes do not outlive their work") {
  const auto before = weir::scope::live();
  {
    world w;
    auto a = w.root->child();
    const weir::executor ex(a->child(w.now() + 1s));
    auto tracked = asio::require(ex, asio::execution::outstanding_work.tracked);
    CHECK(weir::scope::live() == before + 3);
  }
  CHECK(weir::scope::live() == before);
}
