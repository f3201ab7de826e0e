#include "client/call/start_call.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

#include <weir/core/executor.hpp>
#include <weir/core/within.hpp>

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// By value: the coroutine outlives the expression that made the call.
asio::awaitable<reply> run_call(handler_ptr top, std::shared_ptr<call> c) { co_return co_await (*top)(*c); }

} // namespace

asio::awaitable<reply> start_call(std::shared_ptr<transport> via, handler_ptr top, std::shared_ptr<const operation> op,
                                  target to, bool streamed) {
  const auto parent = scope_of(co_await asio::this_coro::executor);
  auto visit = via->enter(parent->inner());
  const auto begin = time_of(parent->inner()).now();
  if (visit->turns()->is_crowded(begin))
    co_await turnstile::wait(visit->turns());
  const auto& own = op->options();
  const auto limit = via->limits().with(own).deadline;
  const auto in =
      parent->child(limit > duration() ? after(begin, limit) : never, own.priority().value_or(parent->priority()));
  auto c = std::make_shared<call>(std::move(op), std::move(to), in, begin);
  c->streamed = streamed;
  c->priority = in->priority();
  auto answer = co_await detail::run_in<reply>(in, run_call(std::move(top), std::move(c)),
                                               in->deadline() < parent->deadline(), false);
  co_return binding::visit::keep_with(std::move(visit), std::move(answer));
}

} // namespace weir::inline v0
