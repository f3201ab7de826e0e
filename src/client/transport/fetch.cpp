#include "client/transport/fetch.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include <weir/core/executor.hpp>

#include "client/transport/limited.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr std::size_t error_body_limit = 64u << 10;
// How long a provider may take to send the body of a refusal.
constexpr auto error_body_wait = std::chrono::seconds(5);

} // namespace

asio::awaitable<open_call_ptr> accepted(open_call_ptr call) {
  if (call->head.status / 100 == 2)
    co_return call;
  // Not in one expression: g++ 12 destroys a thrown temporary twice if it awaits inside.
  const auto why = co_await refusal(std::move(call));
  throw error(why);
}

asio::awaitable<failure> refusal(open_call_ptr call) {
  const auto& clock = time_of(co_await asio::this_coro::executor);
  std::string body;
  try {
    body = co_await limited(error_body_wait, read_body(*call, error_body_limit), errc::stalled, "");
  } catch (const error& e) {
    // The status alone says enough; only a cancellation or deadline of the caller's takes precedence.
    if (e.code() == errc::cancelled || e.code() == errc::deadline_exceeded)
      throw;
  }
  if (http::is_coded(call->head.headers.get("content-encoding")))
    body.clear(); // nothing that can be shown
  auto why = provider::failure_of_response(*call->to, call->head, body, clock.wall());
  if (!call->key_remark.empty())
    why.message(why.message() + " (" + call->key_remark + ")");
  co_return why;
}

asio::awaitable<std::string> read_body(open_call& call, std::size_t keep) {
  auto body = co_await call.exchange->read_body(keep);
  call.release();
  co_return body;
}

asio::awaitable<open_call_ptr> get(std::shared_ptr<transport> via, provider::route to, http::redirects& place,
                                   std::string accept, std::uint64_t limit, head_limit each) {
  const auto begin = time_of(co_await asio::this_coro::executor).now();
  const auto first = place.at().origin.text();
  http::reader_limits limits;
  limits.body = limit;
  for (;;) {
    to.to = place.at().origin;
    if (to.to.text() != first)
      to.auth.reset();
    auto request = std::make_shared<http::request>();
    request->method = "GET";
    request->to = to.to;
    request->target = place.at().target;
    request->auth = to.auth;
    if (!accept.empty())
      request->headers.set("accept", accept);
    auto there = std::make_shared<const provider::route>(to);
    auto opening =
        via->open(std::move(there), std::move(request), limits, duration(), std::make_shared<attempt>(), begin);
    auto call = co_await limited(each.wait, std::move(opening), errc::stalled, each.message);
    if (!place.follow(call->head))
      co_return call;
    // The body of a redirect is not waited for.
    call->exchange->finish();
    call->release();
  }
}

void allow_hold(http::request& request, duration hold, duration first_token) {
  if (first_token > duration())
    hold = std::min(hold, first_token / 2);
  if (const auto seconds = std::chrono::floor<std::chrono::seconds>(hold).count(); seconds > 0)
    request.headers.set("x-scale-up-timeout", std::to_string(seconds));
}

} // namespace weir::inline v0
