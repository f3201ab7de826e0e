// What outlives its context, and how it learns of the end.
#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <weir/core/executor.hpp>
#include <weir/core/time.hpp>

#include "core/async/executor_kind.hpp"
#include "core/async/shutdown_hook.hpp"

using namespace weir;

namespace asio = boost::asio;

namespace {

class hook final : public shutdown_hook {
public:
  hook(asio::execution_context& context, bool late, std::function<void()> f) : f_(std::move(f)) {
    attach(context, late ? turn::late : turn::early);
  }

private:
  void on_shutdown() noexcept override {
    const auto f = std::move(f_);
    f();
  }
  std::function<void()> f_;
};

} // namespace

TEST_CASE("hooks are told once, the late ones last, while the context can still be used") {
  std::vector<int> told;
  std::optional<asio::io_context> io(std::in_place);
  const auto tell = [&](int n) { return [&told, n] { told.push_back(n); }; };
  const hook late(*io, true, tell(1)), early(*io, false, tell(2));
  const hook last(*io, true, [&] {
    CHECK(time_of(*io).now() > time_point());
    told.push_back(3);
  });
  {
    const hook gone(*io, false, tell(4));
  }
  const hook newest(*io, false, tell(5));
  io.reset();
  CHECK(told == std::vector<int>{5, 2, 1, 3});
}

TEST_CASE("a hook may destroy itself and others when it is told") {
  std::unique_ptr<hook> a, b, c;
  int told = 0;
  const auto all = [&] {
    ++told;
    a.reset();
    b.reset();
    c.reset();
  };
  {
    asio::io_context io;
    a = std::make_unique<hook>(io, false, all);
    b = std::make_unique<hook>(io, false, all);
    c = std::make_unique<hook>(io, true, all);
  }
  CHECK(told == 1);
}

TEST_CASE("a context is distinguished from a later one at the same address") {
  std::optional<asio::io_context> io(std::in_place);
  const auto first = identity_of(*io);
  CHECK(first == identity_of(*io));
  io.reset();
  io.emplace();
  CHECK(first != identity_of(*io));
}

TEST_CASE("a scope on a strand may outlive the context, and what it is then given is destroyed") {
  std::shared_ptr<scope> in, below;
  auto given = std::make_shared<int>();
  {
    asio::io_context io;
    in = scope::root(asio::make_strand(io));
    below = in->child();
    asio::post(executor(below), [given] {});
    CHECK(given.use_count() == 2);
  }
  CHECK(given.use_count() == 1);
  executor(below).execute([given] {});
  CHECK(given.use_count() == 1);
}

TEST_CASE("executors are known by how many handlers they run at a time") {
  asio::io_context io;
  asio::thread_pool many(2), one(1);
  const auto track = [](auto ex) { return asio::require(ex, asio::execution::outstanding_work.tracked); };
  const auto never_block = [](auto ex) { return asio::require(ex, asio::execution::blocking.never); };
  CHECK(kind_of(io.get_executor()) == executor_kind::per_thread);
  CHECK(kind_of(track(never_block(io.get_executor()))) == executor_kind::per_thread);
  CHECK(kind_of(many.get_executor()) == executor_kind::many_threads);
  CHECK(kind_of(track(never_block(many.get_executor()))) == executor_kind::many_threads);
  CHECK(kind_of(one.get_executor()) == executor_kind::per_thread);
  const auto strand = asio::make_strand(many), other = asio::make_strand(many);
  CHECK(kind_of(strand) == executor_kind::serial);
  CHECK(same_serial(strand, strand));
  CHECK(same_serial(strand, track(never_block(strand))));
  CHECK_FALSE(same_serial(strand, other));
  CHECK(kind_of(plain(executor(scope::root(strand)))) == executor_kind::serial);
  CHECK(same_serial(plain(executor(scope::root(strand))), strand));
}
