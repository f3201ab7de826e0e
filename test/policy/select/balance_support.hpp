// A scripted wire for the layers above it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <weir/core/within.hpp>
#include <weir/policy/handler.hpp>
#include <weir/testing.hpp>

#include "core/async/alarm.hpp"
#include "core/support.hpp"

namespace weir::inline v0::test {

/// What one request meets: a wait, then a failure or a stream.
class behaviour {
public:
  behaviour() = default;
  behaviour& wait(duration d) {
    delay = d;
    return *this;
  }
  behaviour& fail(failure f) {
    refused = std::move(f);
    return *this;
  }
  behaviour& fail(errc e) { return fail(failure(e, std::string(name_of(e)))); }
  behaviour& text(std::string piece, duration gap = duration()) {
    return then(event(event::kind::text, std::move(piece)), gap);
  }
  behaviour& then(event e, duration gap = duration()) {
    events.emplace_back(gap, std::move(e));
    return *this;
  }
  /// How the stream ends after its events. Default: complete.
  behaviour& end(outcome o, failure f) {
    how = o;
    why = std::move(f);
    return *this;
  }
  behaviour& broken() { return end(outcome::truncated, failure(errc::truncated, "it broke off")); }

  duration delay{};
  failure refused;
  std::vector<std::pair<duration, event>> events;
  outcome how = outcome::complete;
  failure why;
};

/// What the wire saw of one request.
class request_seen {
public:
  request_seen() = default;
  std::shared_ptr<call_record> of;
  target to;
  time_point at{};
  time_point closed = never; ///< When its stream ended or was cancelled.
  bool cancelled = false;
  bool hedge = false, continuation = false;
  std::string so_far;
};

class operation_of_test final : public operation {
public:
  explicit operation_of_test(std::string so_far = std::string(), bool prefill = true)
      : so_far(std::move(so_far)), prefill(prefill) {}
  std::string_view name() const noexcept override { return "chat"; }
  token_estimate tokens() const override { return {}; }
  const weir::chat* as_chat() const noexcept override { return &ask; }
  std::shared_ptr<const operation> continued(std::string_view text, const target&) const override {
    return prefill ? std::make_shared<operation_of_test>(std::string(text)) : nullptr;
  }
  std::string so_far;
  bool prefill;
  weir::chat ask;
};

/// The stream of a behaviour. Pieces arrive at their times whether they are read or not.
class played_source final : public reply::source,
                            public std::enable_shared_from_this<played_source>,
                            private cancel_hook {
public:
  played_source(behaviour b, std::shared_ptr<weir::attempt> a, std::shared_ptr<scope> in,
                std::shared_ptr<request_seen> seen)
      : plan_(std::move(b)), attempt_(std::move(a)), scope_(std::move(in)), ex_(executor(scope_)),
        seen_(std::move(seen)) {
    due_ = time_of(ex_).now();
  }
  ~played_source() override { CHECK(ended_); }
  void begin() { scope_->attach(*this); }

  boost::asio::awaitable<std::optional<event>> next() override {
    const auto self = shared_from_this();
    const bool more = co_await ready();
    if (!more)
      co_return std::nullopt;
    auto e = plan_.events[at_].second;
    due_ += plan_.events[at_].first;
    ++at_;
    if (e.is_token())
      tell_first_token();
    if (const auto* u = e.usage())
      usage_.merge(*u);
    co_return e;
  }
  boost::asio::awaitable<bool> ready() override {
    const auto self = shared_from_this();
    while (!ended_) {
      if (at_ == plan_.events.size()) {
        finish(plan_.how, plan_.why);
        break;
      }
      if (time_of(ex_).now() >= due_ + plan_.events[at_].first)
        co_return true;
      auto start = [this](auto&& handler) { wait(std::forward<decltype(handler)>(handler)); };
      co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(start,
                                                                                         boost::asio::use_awaitable);
    }
    if (failure_)
      throw error(failure_);
    co_return false;
  }
  void end_by(errc reason) noexcept override {
    if (!ended_)
      seen_->cancelled = true;
    finish(reason == errc::deadline_exceeded ? weir::outcome::deadline : weir::outcome::cancelled,
           weir::failure(reason, "ended by the reader"));
  }

  weir::outcome outcome() const noexcept override { return outcome_; }
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return usage_; }
  const std::string& finish_reason() const noexcept override { return reason_; }
  const answer_info& info() const noexcept override { return info_; }
  const weir::attempt& attempt() const noexcept override { return *attempt_; }

private:
  void on_cancel(errc reason) noexcept override { end_by(reason); }

  template <class Handler>
  void wait(Handler&& handler) {
    waiting_.emplace(std::forward<Handler>(handler));
    const auto slot = boost::asio::get_associated_cancellation_slot(*waiting_);
    if (slot.is_connected())
      const_cast<boost::asio::cancellation_slot&>(slot).assign(
          [weak = weak_from_this()](boost::asio::cancellation_type) {
            if (const auto self = weak.lock())
              self->end_by(errc::cancelled);
          });
    timer_.set(time_of(ex_), ex_, due_ + plan_.events[at_].first, due(weak_from_this()));
  }
  // Releases the reader, whose frame owns this, if the context is destroyed before the time comes.
  class due {
  public:
    explicit due(std::weak_ptr<played_source> s) : source_(std::move(s)) {}
    due(due&&) noexcept = default;
    due& operator=(due&&) = delete;
    ~due() {
      if (const auto s = source_.lock())
        const auto waiting = std::exchange(s->waiting_, std::nullopt);
    }
    void operator()() {
      if (const auto s = std::exchange(source_, {}).lock())
        s->wake();
    }

  private:
    std::weak_ptr<played_source> source_;
  };
  void wake() {
    if (!waiting_)
      return;
    boost::asio::any_completion_handler<void()> handler = std::move(*waiting_);
    waiting_.reset();
    boost::asio::get_associated_cancellation_slot(handler).clear();
    boost::asio::post(ex_, std::move(handler));
  }
  void finish(weir::outcome o, weir::failure f) {
    if (std::exchange(ended_, true))
      return;
    outcome_ = o;
    failure_ = std::move(f);
    attempt_->failure = failure_;
    attempt_->maybe_billed = failure_.failed();
    seen_->closed = time_of(ex_).now();
    unlink();
    timer_.cancel();
    wake();
    tell_end();
  }

  behaviour plan_;
  std::shared_ptr<weir::attempt> attempt_;
  std::shared_ptr<scope> scope_;
  boost::asio::any_io_executor ex_;
  std::shared_ptr<request_seen> seen_;
  time_point due_;
  std::size_t at_ = 0;
  alarm timer_;
  std::optional<boost::asio::any_completion_handler<void()>> waiting_;
  bool ended_ = false;
  weir::outcome outcome_ = weir::outcome::truncated;
  weir::failure failure_;
  weir::usage usage_;
  std::string reason_;
  answer_info info_;
};

/// The innermost handler. Behaviours are queued by target text(); "" stands for all others.
class played_wire final : public handler {
public:
  played_wire& on(const std::string& to, behaviour b) {
    plans[to].push_back(std::move(b));
    return *this;
  }

  boost::asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await boost::asio::this_coro::executor;
    auto& time = time_of(ex);
    if (!c.attempt)
      begin_attempt(c, time.now());
    const auto a = c.attempt;
    const auto r = std::make_shared<request_seen>();
    r->of = c.record;
    r->to = c.to;
    r->at = time.now();
    r->hedge = c.hedge;
    r->continuation = c.continuation;
    if (const auto* q = dynamic_cast<const operation_of_test*>(c.op.get()))
      r->so_far = q->so_far;
    seen.push_back(r);
    if (make)
      plans[""] = std::deque<behaviour>(1, make(c));
    auto& queue = plans.contains(c.to.text()) ? plans[c.to.text()] : plans[""];
    behaviour b;
    if (!queue.empty()) {
      b = queue.front();
      if (queue.size() > 1)
        queue.pop_front();
    }
    a->sent = duration(1);
    ++running;
    std::exception_ptr failed;
    try {
      co_await sleep_for(b.delay);
    } catch (...) {
      failed = std::current_exception();
    }
    --running;
    if (failed) {
      r->cancelled = true;
      r->closed = time.now();
      a->maybe_billed = true;
      std::rethrow_exception(failed);
    }
    if (b.refused) {
      r->closed = time.now();
      a->failure = b.refused;
      throw error(b.refused);
    }
    if (!c.streamed) {
      r->closed = time.now();
      completion all;
      for (const auto& e : b.events)
        all.add(e.second);
      all.outcome = b.how;
      co_return reply(std::make_shared<completed_reply>(std::any(std::move(all)), b.how, b.why, usage(), a));
    }
    auto source = std::make_shared<played_source>(std::move(b), a, c.reply_scope, r);
    source->begin();
    co_return reply(std::move(source));
  }

  std::map<std::string, std::deque<behaviour>> plans;
  std::function<behaviour(const call&)> make; ///< For targets without a queue.
  std::vector<std::shared_ptr<request_seen>> seen;
  int running = 0;
};

/// A call as the client begins it: in a scope of its own with the deadline.
inline std::shared_ptr<call> make_call(const std::shared_ptr<scope>& in, target to, bool streamed = true) {
  auto c =
      std::make_shared<call>(std::make_shared<operation_of_test>(), std::move(to), in, time_of(executor(in)).now());
  c->streamed = streamed;
  return c;
}

inline boost::asio::awaitable<reply> run_call(handler_ptr top, std::shared_ptr<call> c) {
  co_return co_await (*top)(*c);
}

/// Runs a call as client::stream() does.
inline boost::asio::awaitable<reply> begin(handler_ptr top, std::shared_ptr<call> c) {
  const auto parent = scope_of(co_await boost::asio::this_coro::executor);
  co_return co_await detail::run_in<reply>(c->reply_scope, run_call(std::move(top), c),
                                           c->reply_scope->deadline() < parent->deadline(), false);
}

/// What a caller got from a call.
class heard {
public:
  heard() = default;
  std::string text;
  bool ended = false; ///< For a test to set when the coroutine has ended.
  failure why;
};

/// Begins a call and reads its answer to the end, whatever that is.
inline boost::asio::awaitable<void> read(handler_ptr top, std::shared_ptr<call> c, std::shared_ptr<heard> out) {
  std::optional<reply> r;
  try {
    r.emplace(co_await begin(std::move(top), std::move(c)));
    for (;;) {
      const auto e = co_await r->next();
      if (!e)
        break;
      out->text += e->text();
    }
  } catch (const error& e) {
    out->why = e.failure();
  }
}

} // namespace weir::inline v0::test
