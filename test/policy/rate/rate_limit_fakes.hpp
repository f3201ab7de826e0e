// What the tests of the limits' layers run on: an operation, an answer and a provider without a network.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/within.hpp>
#include <weir/policy/handler.hpp>

#include "core/support.hpp"

namespace limits_test {

class fake_question final : public weir::operation {
public:
  explicit fake_question(std::uint64_t tokens) : tokens_(tokens) {}
  std::string_view name() const noexcept override { return "chat"; }
  weir::token_estimate tokens() const override {
    weir::token_estimate e;
    e.prompt = tokens_ / 2;
    e.completion = tokens_ - tokens_ / 2;
    return e;
  }

private:
  std::uint64_t tokens_;
};

/// An answer that continues until it is told to end.
class fake_answer final : public weir::reply::source {
public:
  explicit fake_answer(std::shared_ptr<const weir::attempt> a) : attempt_(std::move(a)) {}
  ~fake_answer() override = default;

  boost::asio::awaitable<std::optional<weir::event>> next() override { co_return std::nullopt; }
  boost::asio::awaitable<bool> ready() override { co_return false; }
  void end_by(weir::errc reason) noexcept override {
    if (!ended_)
      end(weir::outcome::cancelled, weir::failure(reason, "ended"));
  }
  weir::outcome outcome() const noexcept override { return outcome_; }
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return usage_; }
  const std::string& finish_reason() const noexcept override { return finish_reason_; }
  const weir::answer_info& info() const noexcept override { return info_; }
  const weir::attempt& attempt() const noexcept override { return *attempt_; }

  void first_token() { tell_first_token(); }
  void use(std::uint64_t tokens) { usage_.total_tokens = tokens; }
  void use(weir::usage u) { usage_ = std::move(u); }
  void tell(weir::answer_info i) { info_ = std::move(i); }
  void end(weir::outcome o, weir::failure f = weir::failure()) {
    ended_ = true;
    outcome_ = o;
    failure_ = std::move(f);
    tell_end();
  }

private:
  std::shared_ptr<const weir::attempt> attempt_;
  weir::outcome outcome_ = weir::outcome::failed;
  weir::failure failure_;
  weir::usage usage_;
  std::string finish_reason_;
  weir::answer_info info_;
  bool ended_ = false;
};

/// Takes `latency`, then returns an answer, or throws what `fails` returns.
class fake_provider final : public weir::handler {
public:
  boost::asio::awaitable<weir::reply> operator()(weir::call& c) override {
    const auto ex = co_await boost::asio::this_coro::executor;
    const auto begun = weir::time_of(ex).now();
    requests.push_back(begun);
    most = std::max(most, ++running);
    leaves on_exit(running);
    if (!c.attempt)
      weir::begin_attempt(c, begun);
    const auto record = c.attempt;
    if (reached)
      record->sent = weir::duration(1);
    if (latency > weir::duration())
      co_await weir::sleep_for(latency);
    const auto f = fails ? fails(c) : weir::failure();
    if (f.failed()) {
      record->status = f.status();
      throw weir::error(f);
    }
    record->status = 200;
    record->limits = hints;
    record->first_token = first_token;
    last = std::make_shared<fake_answer>(record);
    co_return weir::reply(last);
  }

  weir::duration latency{};
  weir::duration first_token{};
  bool reached = true;
  std::function<weir::failure(const weir::call&)> fails;
  weir::rate_limit_status hints;
  std::shared_ptr<fake_answer> last;
  std::vector<weir::time_point> requests;
  std::size_t running = 0, most = 0;

private:
  class leaves {
  public:
    explicit leaves(std::size_t& n) : n_(n) {}
    leaves(const leaves&) = delete;
    ~leaves() { --n_; }

  private:
    std::size_t& n_;
  };
};

inline weir::failure throttled(std::optional<weir::duration> hint = std::nullopt) {
  weir::failure f(weir::errc::rate_limited, "slow down");
  f.status(429).retry_after(hint);
  return f;
}

inline weir::call a_call(weir::time_point now, std::uint64_t tokens = 0,
                         weir::priority p = weir::priority::interactive) {
  weir::call c(std::make_shared<fake_question>(tokens), weir::target("openai/gpt-4"), nullptr, now);
  c.priority = p;
  weir::begin_attempt(c, now);
  return c;
}

/// One call and its outcome.
class outcome_of_call {
public:
  outcome_of_call() = default;
  std::optional<weir::reply> answer;
  weir::failure failure;
  bool cancelled = false;
  bool done = false;
  weir::time_point at{};
  weir::duration queued{};
};

inline boost::asio::awaitable<void> ask(weir::handler_ptr top, weir::call c, std::shared_ptr<outcome_of_call> out) {
  const auto ex = co_await boost::asio::this_coro::executor;
  try {
    out->answer.emplace(co_await (*top)(c));
  } catch (const weir::error& e) {
    out->failure = e.failure();
  } catch (const boost::system::system_error& e) {
    out->cancelled = e.code() == boost::asio::error::operation_aborted;
  }
  out->at = weir::time_of(ex).now();
  out->queued = c.attempt->queued;
  out->done = true;
}

/// Calls through a stack of layers in simulated time.
class scene {
public:
  explicit scene(std::vector<weir::layer> layers)
      : provider(std::make_shared<fake_provider>()), top(weir::stack_layers(layers, provider)) {}

  std::shared_ptr<outcome_of_call> start(std::uint64_t tokens = 0, weir::priority p = weir::priority::interactive) {
    return start_in(world.root, a_call(world.now(), tokens, p));
  }
  std::shared_ptr<outcome_of_call> start_in(std::shared_ptr<weir::scope> in, weir::call c) {
    auto out = std::make_shared<outcome_of_call>();
    in_world(std::move(in), ask(top, std::move(c), out));
    return out;
  }
  /// A call with a deadline, as within() gives it one.
  std::shared_ptr<outcome_of_call> start_within(weir::duration d, std::uint64_t tokens = 0) {
    auto out = std::make_shared<outcome_of_call>();
    in_world(world.root, within(d, top, a_call(world.now(), tokens), out));
    return out;
  }
  void run_for(weir::duration d) { weir::testing::run(world.io, d); }
  weir::time_point now() { return world.now(); }

  weir::test::world world;
  std::shared_ptr<fake_provider> provider;
  weir::handler_ptr top;

private:
  static boost::asio::awaitable<void> within(weir::duration d, weir::handler_ptr top, weir::call c,
                                             std::shared_ptr<outcome_of_call> out) {
    try {
      co_await weir::within(d, ask(std::move(top), std::move(c), out));
    } catch (const weir::error& e) {
      out->failure = e.failure();
    }
  }
  void in_world(std::shared_ptr<weir::scope> in, boost::asio::awaitable<void> body) {
    boost::asio::co_spawn(boost::asio::any_io_executor(weir::executor(std::move(in))), std::move(body),
                          boost::asio::detached);
    run_for(weir::duration());
  }
};

} // namespace limits_test
