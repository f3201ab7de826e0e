#include "client/wire_handler.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

#include <weir/core/executor.hpp>

#include "client/asked.hpp"
#include "client/wire_source.hpp"

namespace weir {

namespace asio = boost::asio;

namespace {

// The failure that an exception stands for.
failure failure_of(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const error& e) {
    return e.failure();
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted ? failure(errc::cancelled, "cancelled")
                                                      : failure(e.code(), e.code().message());
  } catch (const std::exception& e) {
    return failure(errc::connection_lost, e.what());
  }
}

class wire_handler final : public handler {
public:
  explicit wire_handler(std::shared_ptr<wire> home) : home_(std::move(home)) {}

  asio::awaitable<reply> operator()(call& c) override {
    auto& clock = time_of(co_await asio::this_coro::executor);
    if (!c.attempt)
      begin_attempt(c, clock.now());
    const auto record = c.attempt;
    // What waited in the policies belongs to the attempt too: its times count from its beginning.
    const auto begin = c.begun + record->begun;
    std::exception_ptr failed;
    std::shared_ptr<reply::source> made;
    try {
      made = co_await attempt_once(c, begin);
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) {
      record->failure = failure_of(failed);
      record->ended = clock.now() - begin;
      std::rethrow_exception(failed);
    }
    co_return reply(std::move(made));
  }

private:
  asio::awaitable<std::shared_ptr<reply::source>> attempt_once(call& c, time_point begin) {
    const auto home = home_;
    const auto ask = std::static_pointer_cast<const asked>(c.ask);
    const auto record = c.attempt;
    auto to = co_await home->mapped_route(ask->what(), c.to);
    auto request = ask->request(to, c.streamed);
    if (c.hold)
      allow_hold(request, *c.hold, c.streamed ? home->settings().first_token() : duration());
    http::reader_limits limits;
    limits.body = c.streamed ? http::reader_limits::no_limit : plain_body_limit;
    const auto answer_limit = c.streamed ? home->settings().first_token() : duration();
    auto open = co_await home->open(std::move(to), std::move(request), limits, answer_limit, record, begin);
    if (open.head.status / 100 != 2) {
      // Not in one expression: g++ 12 destroys a thrown temporary twice if it awaits inside.
      const auto why = co_await refusal(std::move(open));
      throw error(why);
    }
    if (c.streamed) {
      auto decoder = ask->decoder(open.to);
      auto made = std::make_shared<wire_source>(home, c.home, std::move(open), std::move(decoder), record, begin);
      made->begin();
      co_return made;
    }
    std::exception_ptr failed;
    std::string body;
    try {
      body = co_await read_body(open, plain_body_limit);
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) {
      record->maybe_billed = true;
      std::rethrow_exception(failed);
    }
    record->ended = time_of(co_await asio::this_coro::executor).now() - begin;
    record->bytes = body.size();
    co_return ask->decode(open.to, body, record);
  }

  std::shared_ptr<wire> home_;
};

} // namespace

handler_ptr make_wire_handler(std::shared_ptr<wire> home) { return std::make_shared<wire_handler>(std::move(home)); }

} // namespace weir
