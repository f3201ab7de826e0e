#include "client/call/stream_source.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include "client/transport/fetch.hpp"
#include "codec/json/json.hpp"
#include "core/async/ration.hpp"
#include "core/failure/failure_of.hpp"
#include "task/one_reader.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// How long to wait for the end of a complete answer's body, so that its connection can be reused. The end
// of a chunked body follows the terminal signal at once, if at all.
constexpr auto settle_limit = std::chrono::milliseconds(25);

http::stream_limits limits_of(const timeouts& given, time_point sent, time_point deadline) {
  const auto on = [](duration d) { return d > duration() ? d : http::stream_limits::off; };
  http::stream_limits l;
  l.first_token = on(given.first_token);
  l.gap = on(given.inter_token);
  l.idle = on(given.inter_token);
  l.total = deadline == never ? http::stream_limits::off : deadline - sent;
  return l;
}

class start_wait {
public:
  explicit start_wait(http::exchange& e) : exchange_(&e) {}
  template <class Handler>
  void operator()(Handler&& handler) {
    exchange_->async_wait(std::forward<Handler>(handler));
  }

private:
  http::exchange* exchange_;
};

} // namespace

stream_source::stream_source(key, std::shared_ptr<scope> in, open_call_ptr call,
                             std::unique_ptr<provider::decoder> decoder, std::shared_ptr<weir::attempt> record,
                             time_point begin, const timeouts& limits, bool keep_raw)
    : source_state(std::move(in), std::move(record), begin), executor_(executor(scope_)), time_(time_of(executor_)),
      call_(std::move(call)), decoder_(std::move(decoder)), last_read_(begin + record_->first_byte),
      clock_(limits_of(limits, begin + record_->sent, scope_->deadline()), begin + record_->sent),
      body_(call_->head.headers.get("content-type")), keeps_raw_(keep_raw) {}

stream_source::~stream_source() = default;

std::shared_ptr<stream_source> stream_source::start(std::shared_ptr<scope> in, open_call_ptr call,
                                                    std::unique_ptr<provider::decoder> decoder,
                                                    std::shared_ptr<weir::attempt> record, time_point begin,
                                                    const timeouts& limits, bool keep_raw) {
  auto made = std::make_shared<stream_source>(key(), std::move(in), std::move(call), std::move(decoder),
                                              std::move(record), begin, limits, keep_raw);
  made->arm(made->clock_.next());
  made->follow_scope();
  return made;
}

asio::awaitable<std::optional<event>> stream_source::next() { return advance(false); }

asio::awaitable<bool> stream_source::ready() {
  const auto self = shared_from_this();
  co_await advance(true);
  co_return head_ < queue_.size();
}

asio::awaitable<std::optional<event>> stream_source::advance(bool peek) {
  const auto self = shared_from_this();
  const one_reader here(reading_);
  for (;;) {
    if (head_ < queue_.size()) {
      if (!std::exchange(noted_, peek))
        note(queue_[head_]);
      if (peek)
        co_return std::nullopt;
      event e = std::move(queue_[head_]);
      if (++head_ == queue_.size()) {
        queue_.clear();
        head_ = 0;
      }
      co_return e;
    }
    if (ended_) {
      throw_if_failed();
      co_return std::nullopt;
    }
    if (decode())
      continue;
    const auto ex = co_await asio::this_coro::executor;
    call_->where->check(ex);
    // Awaited here and not in functions of their own: a frame more for every wait of every
    // stream is a cache miss more.
    std::exception_ptr failed;
    try {
      if (decoder_->done()) {
        co_await settle();
      } else if (call_->exchange->overdue()) {
        clock_.waits(time_.now());
        arm(clock_.next());
        co_await give_way();
      } else if (!read_some()) {
        clock_.waits(time_.now());
        arm(clock_.next());
        start_wait start(*call_->exchange);
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(std::move(start),
                                                                                       asio::use_awaitable);
      }
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed)
      fail(failed);
  }
}

// Decodes one event of what was read; nothing is decoded before the consumer asks for it.
bool stream_source::decode() {
  codec::sse_event frame;
  while (!decoder_->done() && body_.next(frame)) {
    read_event(frame);
    if (decoder_->failed()) {
      finish(decoder_->result(), provider::without_key(decoder_->failed(), *call_->to));
      return true;
    }
    if (!queue_.empty())
      return true;
  }
  if (const auto ec = body_.failed(); ec && !ended_) {
    finish(weir::outcome::truncated,
           weir::failure(ec, "an event of the stream is larger than 16 MiB, or a line than 8 MiB"));
    return true;
  }
  return false;
}

// What no blank line or line end ended is read if it is whole. And what a server has written into its stream without
// any form may say why there is no more of it.
void stream_source::last_event() {
  codec::sse_event frame;
  if (decoder_->done() || body_.is_whole())
    return;
  while (!decoder_->done() && body_.next(frame)) // what the end has decided to be events
    read_event(frame);
  if (!decoder_->done() && body_.last(frame))
    read_event(frame);
  if (body_.stray().empty() || decoder_->failed() || decoder_->result() != weir::outcome::truncated)
    return;
  frame.type = {};
  frame.data = body_.stray();
  read_event(frame);
}

void stream_source::read_event(const codec::sse_event& frame) {
  ++record_->events;
  const auto from = queue_.size();
  decoder_->on_event(frame, queue_);
  if (keeps_raw_)
    keep_raw(frame.data, from);
  hide_key(from);
}

// The finish reason is a word of the server's that is printed as it is.
void stream_source::hide_key(std::size_t from) {
  for (; from < queue_.size(); ++from) {
    auto& e = queue_[from];
    if (!e.is(event::kind::finish))
      continue;
    auto reason = hidden(std::string(e.finish_reason()));
    if (reason == e.finish_reason())
      continue;
    auto more = std::make_shared<event::details>(*e.more());
    more->finish_reason = std::move(reason);
    e = event(e.type(), std::string(e.content()), e.choice(), std::move(more));
    clean_info_ = decoder_->info();
    clean_info_->remark = hidden(clean_info_->remark);
  }
}

// The text with the key redacted; what that needs is prepared once.
std::string stream_source::hidden(std::string text) {
  if (!hidden_)
    hidden_.emplace(*call_->to);
  return (*hidden_)(std::move(text));
}

// All events of one piece share it; one that gave none gets an event of its own.
void stream_source::keep_raw(std::string_view json, std::size_t from) {
  if (!json.starts_with('{'))
    return;
  const auto raw = std::make_shared<const std::string>(hidden(std::string(json)));
  if (from == queue_.size())
    queue_.emplace_back(event::kind::raw, std::string());
  for (; from < queue_.size(); ++from) {
    auto& e = queue_[from];
    auto more = e.more() ? std::make_shared<event::details>(*e.more()) : std::make_shared<event::details>();
    more->raw = raw;
    e = event(e.type(), std::string(e.content()), e.choice(), std::move(more));
  }
}

// Takes the bytes that have arrived; false if there are none.
bool stream_source::read_some() {
  const auto piece = call_->exchange->try_body();
  if (!piece)
    return false;
  take(*piece);
  if (piece->empty())
    body_.end();
  else if (!body_.feed(*piece, plain_body_limit))
    finish(weir::outcome::truncated, weir::failure(errc::response_too_large, "the answer is larger than 64 MiB"));
  if (body_.is_hopeless() || (piece->empty() && body_.what() == stream_body::form::unreadable))
    finish(weir::outcome::failed, provider::failure_of_response(*call_->to, call_->head, body_.held()));
  else if (piece->empty() && body_.is_whole())
    end_of_plain();
  else if (piece->empty())
    end_of_body();
  return true;
}

void stream_source::end_of_plain() {
  ++record_->events;
  decoder_->on_body(body_.held(), queue_);
  hide_key(0);
  if (keeps_raw_)
    record_->raw = hidden(std::string(body_.held()));
  if (decoder_->failed().code() == errc::unexpected_content)
    finish(decoder_->result(), provider::unreadable(decoder_->failed(), *call_->to, call_->head, body_.held()));
  else if (decoder_->failed())
    finish(decoder_->result(), provider::without_key(decoder_->failed(), *call_->to));
  else
    end_of_body();
}

void stream_source::take(std::string_view piece) {
  last_read_ = time_.now();
  clock_.bytes();
  record_->bytes += piece.size();
}

void stream_source::note(const event& e) {
  if (e.is_token()) {
    clock_.token();
    if (last_token_ != last_read_) {
      if (last_token_ != time_point())
        record_->longest_gap = std::max(record_->longest_gap, last_read_ - last_token_);
      last_token_ = last_read_;
      if (record_->first_token != duration())
        tell_token(last_read_);
    }
    if (record_->first_token == duration()) {
      record_->first_token = last_read_ - begin_;
      tell_first_token();
    }
  } else {
    count(e);
  }
}

void stream_source::count(const event& e) {
  if (const auto* u = e.usage())
    usage_.merge(*u);
  else if (e.is(event::kind::finish) && e.choice() == 0)
    finish_reason_ = e.finish_reason();
}

std::string stream_source::so_far() const {
  return ", after " + std::to_string(record_->events) + (record_->events == 1 ? " event" : " events");
}

void stream_source::end_of_body() {
  last_event();
  decoder_->on_end(queue_);
  const auto o = decoder_->result();
  if (decoder_->failed())
    finish(o, provider::without_key(decoder_->failed(), *call_->to));
  else if (o == weir::outcome::truncated)
    finish(o, weir::failure(errc::truncated, "the stream ended without its end signal" + so_far()));
  else
    finish(o, o == weir::outcome::filtered ? weir::failure(errc::filtered, "the provider's filter withheld the answer")
                                           : weir::failure());
}

// The answer is whole. What is left is the end of the body, which frees the connection.
asio::awaitable<void> stream_source::settle() {
  settling_ = true;
  settle_until_ = std::min(clock_.next(), after(time_.now(), settle_limit));
  auto& ex = *call_->exchange;
  if (call_->head.keep_alive && !ex.close_delimited()) {
    // A ready but useless connection must not be waited on for ever, and one that was closed during
    // the wait not at all.
    auto had = ex.bytes_received();
    for (int useless = 0; useless < 4 && call_->connection && !ex.finish();) {
      useless = had == ex.bytes_received() ? useless + 1 : 0;
      had = ex.bytes_received();
      arm(settle_until_);
      start_wait start(ex);
      try {
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(std::move(start),
                                                                                       asio::use_awaitable);
      } catch (const boost::system::system_error&) {
        break;
      }
    }
  }
  end_of_body();
}

void stream_source::finish(weir::outcome o, weir::failure f) {
  if (ended_)
    return;
  ended_ = true;
  decoder_->on_end(queue_);
  // Who is told of the end reads the counts then, before the consumer has taken the last events.
  for (auto i = head_; i < queue_.size(); ++i)
    count(queue_[i]);
  conclude(o, std::move(f));
  // Broken off before the provider reported usage.
  if (failure_ && usage_.empty() && o != weir::outcome::filtered)
    record_->maybe_billed = true;
  timer_.cancel();
  if (failure_)
    call_->close();
  else
    call_->release();
  // Whoever waits on the stream shares it, and finds this ended.
  call_->exchange.reset();
  tell_end();
}

void stream_source::end_by(errc reason) noexcept {
  if (ended_)
    return;
  if (decoder_->done()) {
    // Nothing of the answer is missing. Its connection is good if the rest is there already; one
    // that is waited on is not.
    if (settling_)
      call_->close();
    else
      call_->exchange->finish();
    end_of_body();
    return;
  }
  const char* words = reason == errc::deadline_exceeded ? "the deadline was reached"
                      : reason == errc::first_token_timeout
                          ? "the first token did not arrive within first_token_timeout"
                      : reason == errc::stalled ? "no token arrived within inter_token_timeout"
                                                : "cancelled";
  auto why = failure_by(
      reason, {words, ", after ", std::to_string(record_->events), record_->events == 1 ? " event" : " events"});
  const auto how = outcome_of(why);
  finish(how, std::move(why));
}

void stream_source::fail(const std::exception_ptr& why) {
  if (ended_)
    return;
  auto f = failure_of(why);
  if (f.code() == errc::cancelled)
    return end_by(errc::cancelled);
  if (f.code() != errc::connection_lost) {
    auto how = outcome_of(f);
    if (how == weir::outcome::failed) // the answer had begun, whatever ended it
      how = weir::outcome::truncated;
    return finish(how, std::move(f));
  }
  // The transport's end is the stream's end; only the decoder knows whether it is whole.
  if (decoder_->result() != weir::outcome::truncated && !body_.is_whole())
    end_of_body();
  else
    finish(weir::outcome::truncated, weir::failure(errc::truncated, "the connection was lost" + so_far()));
}

// One timer for all clocks. Bytes and tokens only move the next instant later, so it is left
// alone until it fires, unless a wait has an earlier end.
void stream_source::arm(time_point when) {
  if (when < timer_.when() && !ended_)
    timer_.set(time_, executor_, when, [this] { on_timer(); });
}

void stream_source::on_timer() {
  const auto self = shared_from_this();
  if (ended_)
    return;
  if (settling_) {
    if (time_.now() < settle_until_)
      arm(settle_until_);
    else
      call_->close();
    return;
  }
  const auto verdict = clock_.check(time_.now());
  if (verdict != errc{})
    end_by(verdict);
  else
    arm(clock_.next());
}

outcome stream_source::outcome() const noexcept { return ended_ ? outcome_ : decoder_->result(); }

} // namespace weir::inline v0
