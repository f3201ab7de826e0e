#include "client/call/attempt_handler.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

#include <weir/core/executor.hpp>

#include "client/call/http_operation.hpp"
#include "client/call/job_source.hpp"
#include "client/call/stream_source.hpp"
#include "client/transport/download.hpp"
#include "client/transport/fetch.hpp"
#include "client/transport/limited.hpp"
#include "codec/text/sniff.hpp"
#include "core/failure/failure_of.hpp"
#include "policy/late.hpp"
#include "provider/offers.hpp"
#include "provider/tasks/task_fields.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// The largest input that is given by its URL, in bytes.
constexpr std::uint64_t input_limit = 64u << 20;
// Per attempt: every member that can be left out or renamed, once.
constexpr int most_amendments = 2;

class attempt_handler final : public handler, private ways_to_send {
public:
  attempt_handler(std::shared_ptr<router> routes, std::shared_ptr<transport> via)
      : routes_(std::move(routes)), via_(std::move(via)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    auto& clock = time_of(ex);
    throw_if_late(*scope_of(ex), clock.now(), c.to);
    if (!c.attempt)
      begin_attempt(c, clock.now());
    const auto record = c.attempt;
    // What waited in the policies belongs to the attempt too: its times count from its beginning.
    const auto begin = c.begun + record->begun;
    std::exception_ptr failed;
    failure why;
    std::shared_ptr<reply::source> made;
    try {
      made = co_await attempt_once(c, begin);
    } catch (const error& e) {
      why = e.failure();
    } catch (...) {
      failed = std::current_exception();
    }
    if (why) {
      if (why.request_id().empty())
        why.request_id(record->request_id);
      record->failure = why;
      record->ended = clock.now() - begin;
      throw error(why);
    }
    if (failed) {
      record->failure = failure_of(failed);
      record->ended = clock.now() - begin;
      std::rethrow_exception(failed);
    }
    co_return reply(std::move(made));
  }

private:
  // The task with the bytes of what it names by URL, where the provider does not fetch that itself.
  static asio::awaitable<std::shared_ptr<const task_request>>
  with_inputs(std::shared_ptr<transport> via, std::shared_ptr<const task_request> ask, provider::route_ptr to) {
    if (!provider::needs_bytes(*ask, *to))
      co_return ask;
    std::shared_ptr<task_request> whole;
    for (std::size_t i = 0; i < ask->inputs().size(); ++i) {
      const auto& given = ask->inputs()[i];
      if (!given.bytes.empty() || given.url.empty())
        continue;
      auto there = provider::read_data_url(given.url);
      if (!there)
        there = co_await fetch_media(via, given.url, input_limit);
      if (!given.name.empty())
        there->name = given.name;
      if (!whole)
        whole = std::make_shared<task_request>(*ask);
      whole->replace_input(i, std::move(*there));
    }
    co_return whole ? std::shared_ptr<const task_request>(std::move(whole)) : ask;
  }

  asio::awaitable<std::shared_ptr<reply::source>> send(const job_operation& op, call& c, provider::route_ptr to,
                                                       time_point begin) override {
    const auto via = via_;
    const auto record = c.attempt;
    auto ask = op.task();
    // A file that cannot be written should be reported before the provider does any work.
    destination out(ask->saved_to());
    ask = co_await with_inputs(via, std::move(ask), to);
    auto request = std::make_shared<http::request>(provider::encode_task(*ask, *to));
    if (c.hold)
      allow_hold(*request, *c.hold, duration());
    auto job = provider::start_task(*ask, *to);
    http::reader_limits limits;
    limits.body = plain_body_limit;
    auto open = co_await via->open(std::move(to), std::move(request), limits, duration(), record, begin);
    open = co_await weir::accepted(std::move(open));
    if (c.on_head)
      c.on_head();
    auto body = co_await read_answer(*open, record);
    const auto shown = body.substr(0, shown_of_answer);
    if (ask->keeps_raw() && codec::sniff(shown) == codec::content::json)
      record->raw = provider::without_key(body, *open->to);
    auto first = job->on_answer(open->head, std::move(body));
    if (first.what == provider::step::kind::failed && first.why.code() == errc::unexpected_content)
      throw error(provider::unreadable(std::move(first.why), *open->to, open->head, shown));
    if (first.what == provider::step::kind::failed)
      throw error(provider::without_key(std::move(first.why), *open->to));
    if (first.what == provider::step::kind::done && is_whole(*job, *ask)) {
      record->ended = time_of(co_await asio::this_coro::executor).now() - begin;
      const auto used = job->used();
      co_return std::make_shared<completed_reply>(job->take(), outcome::complete, failure(), used, record);
    }
    co_return job_source::start(via, c.reply_scope, std::move(open->to), std::move(ask), std::move(job),
                                std::move(first), std::move(out), record, begin);
  }

  // The whole body of an answer that is not streamed.
  static asio::awaitable<std::string> read_answer(open_call& open, std::shared_ptr<attempt> record) {
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
    record->bytes = body.size();
    co_return body;
  }

  // The stream that an answer announces.
  static asio::awaitable<open_call_ptr> follow(std::shared_ptr<transport> via, open_call_ptr first, duration limit,
                                               std::shared_ptr<attempt> record, time_point begin) {
    const auto body = co_await limited(limit, read_answer(*first, record), errc::first_token_timeout,
                                       "the provider did not say within first_token_timeout where the stream is");
    // The provider works on what it accepted, even if the stream turns out to be unavailable.
    record->maybe_billed = true;
    auto request = std::make_shared<const http::request>(provider::stream_request(*first->to, body));
    auto to = std::make_shared<provider::route>(*first->to);
    to->to = request->to;
    to->auth = request->auth;
    http::reader_limits limits;
    limits.body = http::reader_limits::no_limit;
    auto open = co_await via->open(std::move(to), std::move(request), limits, limit, record, begin);
    open = co_await weir::accepted(std::move(open));
    record->maybe_billed = false;
    co_return open;
  }

  asio::awaitable<std::shared_ptr<reply::source>> attempt_once(call& c, time_point begin) {
    const auto routes = routes_;
    const auto op = std::static_pointer_cast<const http_operation>(c.op);
    auto to = routes->known_route(op->what(), c.to, op->options());
    if (!to)
      to = co_await routes->mapped_route(op->what(), c.to, op->options());
    auto sending = op->send(*this, c, std::move(to), begin);
    auto made = co_await std::move(sending);
    co_return made;
  }

  asio::awaitable<std::shared_ptr<reply::source>> send(const answer_operation& op, call& c, provider::route_ptr to,
                                                       time_point begin) override {
    const auto via = via_;
    const auto record = c.attempt;
    const auto limits = via->limits().with(op.options());
    const auto first_token = c.streamed ? limits.first_token : duration();
    auto open = co_await accepted(op, c, std::move(to), first_token, begin);
    if (c.streamed && provider::announces_stream(*open->to))
      open = co_await follow(via, std::move(open), first_token, record, begin);
    if (c.streamed) {
      auto decoder = op.decoder(*open->to);
      auto made = stream_source::start(c.reply_scope, std::move(open), std::move(decoder), record, begin, limits,
                                       op.keeps_raw());
      if (made->is_doubtful())
        co_await made->ready();
      co_return made;
    }
    if (c.on_head)
      c.on_head();
    const auto body = co_await read_answer(*open, record);
    if (op.keeps_raw())
      record->raw = provider::without_key(body, *open->to);
    record->ended = time_of(co_await asio::this_coro::executor).now() - begin;
    co_return op.decode(*open->to, open->head, body, record);
  }

  // Sends the request, and again without what the server refuses of it.
  asio::awaitable<open_call_ptr> accepted(const answer_operation& op, call& c, provider::route_ptr to,
                                          duration first_token, time_point begin) {
    const auto routes = routes_;
    const auto via = via_;
    const auto record = c.attempt;
    to = routes->amendments().apply(std::move(to));
    http::reader_limits limits;
    limits.body = c.streamed && !provider::announces_stream(*to) ? http::reader_limits::no_limit : plain_body_limit;
    for (int amended = 0;; ++amended) {
      auto request = op.request(*to, c.streamed);
      if (c.hold)
        allow_hold(*request, *c.hold, first_token);
      auto open = co_await via->open(std::move(to), std::move(request), limits, first_token, record, begin);
      if (open->head.status / 100 == 2)
        co_return open;
      auto other = std::make_shared<provider::route>(*open->to);
      // Not in one expression: g++ 12 destroys a thrown temporary twice if it awaits inside.
      const auto why = co_await refusal(std::move(open));
      // Within the attempt: the provider did no work, and the request still means the same.
      const auto refused = [&] { return std::move(*op.request(*other, c.streamed)); };
      if (amended == most_amendments || !amend(*other, why, refused))
        throw error(why);
      routes->amendments().keep(*other);
      to = std::move(other);
    }
  }

  std::shared_ptr<router> routes_;
  std::shared_ptr<transport> via_;
};

} // namespace

handler_ptr make_attempt_handler(std::shared_ptr<router> routes, std::shared_ptr<transport> via) {
  return std::make_shared<attempt_handler>(std::move(routes), std::move(via));
}

} // namespace weir::inline v0
