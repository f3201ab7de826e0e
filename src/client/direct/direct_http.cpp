#include "client/direct/direct_http.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

#include <weir/core/executor.hpp>

#include "client/keys/configured_origins.hpp"
#include "client/keys/key_choice.hpp"
#include "client/transport/fetch.hpp"
#include "client/transport/limited.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr auto begin_wait = std::chrono::minutes(2);
constexpr std::size_t slowest_upload = 64u << 10; // bytes a second
constexpr auto piece_wait = std::chrono::minutes(1);
constexpr std::size_t most_kept = std::size_t{256} << 20;
constexpr int most_redirects = 3;

bool is_callers(const error& e) { return e.code() == errc::cancelled || e.code() == errc::deadline_exceeded; }

} // namespace

direct_http::direct_http(options o) : options_(std::make_shared<const options>(with_vendor_keys(std::move(o)))) {
  const configured_origins configured(*options_);
  via_ = std::make_shared<transport>(*options_, configured);
  // A connection that has been idle may break under a request that is acted on all the same, and the transport would
  // send it again.
  auto fresh = *options_;
  fresh.idle_connection_timeout(duration()).http2(false);
  once_ = std::make_shared<transport>(fresh, configured);
  routes_ = std::make_shared<router>(options_, configured, via_);
}

asio::awaitable<provider::route> direct_http::chat_route(std::string model) {
  const auto routes = routes_;
  const auto visit = via_->enter(co_await asio::this_coro::executor);
  const call_options own;
  const auto to = co_await routes->mapped_route(provider::task::chat, routes->first_target(model, own), own);
  co_return *to;
}

asio::awaitable<void> direct_http::exchange(std::shared_ptr<transport> via, provider::route to, http::request r,
                                            receiver into, std::shared_ptr<direct_result> out,
                                            std::shared_ptr<attempt> record) {
  const auto begin = time_of(co_await asio::this_coro::executor).now();
  http::reader_limits limits;
  limits.body = into ? http::reader_limits::no_limit : most_kept;
  const duration head_wait = begin_wait + std::chrono::seconds(r.body.size() / slowest_upload);
  const bool follows = r.method == "GET";
  http::url from;
  from.origin = r.to;
  from.target = r.target;
  http::redirects place(from, most_redirects, http::redirects::reach::any_secure);
  open_call_ptr call;
  for (;;) {
    to.to = r.to;
    to.auth = r.auth;
    auto there = std::make_shared<const provider::route>(to);
    auto sent = std::make_shared<const http::request>(r);
    auto opening = via->open(std::move(there), std::move(sent), limits, duration(), record, begin);
    call = co_await limited(head_wait, std::move(opening), errc::stalled, "the server did not answer in time");
    if (!follows || !place.follow(call->head))
      break;
    call->exchange->finish();
    call->release();
    r.to = place.at().origin;
    r.target = place.at().target;
    if (r.to.text() != from.origin.text()) {
      r.auth.reset();
      r.headers = http::fields();
    }
  }
  out->status = call->head.status;
  out->headers = call->head.headers;
  if (out->status / 100 != 2) {
    out->why = co_await refusal(std::move(call));
    if (out->why.status() == 0)
      out->why.status(out->status);
    co_return;
  }
  for (;;) {
    auto reading = call->exchange->read_some_body();
    const auto piece = co_await limited(piece_wait, std::move(reading), errc::stalled, "the response stopped");
    if (piece.empty())
      break;
    if (into)
      into(piece);
    else
      out->body.append(piece);
  }
  call->release();
}

asio::awaitable<direct_result> direct_http::send(provider::route to, http::request r, receiver into) {
  const auto via = r.method == "GET" || r.method == "DELETE" ? via_ : once_;
  const auto visit = via->enter(co_await asio::this_coro::executor);
  const auto out = std::make_shared<direct_result>();
  const auto record = std::make_shared<attempt>();
  // Whatever was not sent whole has not been acted on.
  bool failed = false;
  try {
    co_await exchange(via, std::move(to), std::move(r), std::move(into), out, record);
  } catch (const error& e) {
    if (is_callers(e))
      throw;
    failed = true;
    out->why = e.failure();
  }
  if (failed)
    out->sent = record->maybe_billed || out->status != 0;
  co_return std::move(*out);
}

} // namespace weir::inline v0
