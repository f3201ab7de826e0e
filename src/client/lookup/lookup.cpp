#include "client/lookup/lookup.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

#include <weir/core/executor.hpp>

#include "client/call/start_call.hpp"
#include "client/transport/fetch.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// From sending to the answer's head; a server that is told to hold the request gets that time on top.
constexpr auto answer_wait = std::chrono::seconds(30);

class lookup_handler final : public handler {
public:
  explicit lookup_handler(std::shared_ptr<transport> via) : via_(std::move(via)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto& clock = time_of(co_await asio::this_coro::executor);
    if (!c.attempt)
      begin_attempt(c, clock.now());
    const auto record = c.attempt;
    const auto begin = c.begun + record->begun;
    const auto ask = std::static_pointer_cast<const lookup>(c.op);
    std::exception_ptr failed;
    try {
      auto answer = co_await once(ask, c.hold, record, begin);
      record->ended = clock.now() - begin;
      co_return reply(
          std::make_shared<completed_reply>(std::move(answer), outcome::complete, failure(), usage(), record));
    } catch (...) {
      failed = std::current_exception();
    }
    record->failure = failure_of(failed);
    record->ended = clock.now() - begin;
    std::rethrow_exception(failed);
  }

private:
  asio::awaitable<std::any> once(std::shared_ptr<const lookup> ask, std::optional<duration> hold,
                                 std::shared_ptr<attempt> record, time_point begin) {
    auto request = std::make_shared<http::request>(ask->what);
    duration wait = answer_wait;
    if (hold) {
      allow_hold(*request, *hold, duration());
      wait += *hold;
    }
    http::reader_limits limits;
    limits.body = lookup_limit;
    auto to = std::make_shared<const provider::route>(ask->to);
    auto open = co_await via_->open(std::move(to), std::move(request), limits, wait, record, begin);
    open = co_await accepted(std::move(open));
    const auto body = co_await read_body(*open, lookup_limit);
    record->bytes = body.size();
    std::any found;
    failure why;
    try {
      found = ask->read(open->head, body);
    } catch (const error& e) {
      why = e.failure();
    }
    if (why.code() == errc::unexpected_content)
      why = provider::unreadable(std::move(why), ask->to, open->head, body);
    if (why)
      throw error(why);
    co_return found;
  }

  std::shared_ptr<transport> via_;
};

} // namespace

http::request lookup_request(const provider::route& to, std::string target, std::string body) {
  http::request r;
  r.method = body.empty() ? "GET" : "POST";
  r.to = to.to;
  r.target = std::move(target);
  r.headers = to.headers;
  if (!body.empty())
    r.headers.set("content-type", "application/json");
  r.auth = to.auth;
  r.body = std::move(body);
  return r;
}

handler_ptr make_lookup_handler(std::shared_ptr<transport> via) {
  return std::make_shared<lookup_handler>(std::move(via));
}

asio::awaitable<std::any> look_up(std::shared_ptr<transport> via, handler_ptr top, std::shared_ptr<const lookup> ask,
                                  target to) {
  auto r = co_await start_call(std::move(via), std::move(top), std::move(ask), std::move(to), false);
  co_return std::move(r.result());
}

} // namespace weir::inline v0
