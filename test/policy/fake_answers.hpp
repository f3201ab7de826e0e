// A scripted innermost handler, in simulated time.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/executor.hpp>
#include <weir/policy/handler.hpp>

#include "core/support.hpp"

namespace weir::inline v0::test {

/// How one try goes: a head, a first event, the rest. A failure ends the try at its step.
class way {
public:
  way() = default;
  static way good(duration head = {}, duration first = {}, duration rest = {}) {
    way w;
    w.head = head;
    w.first = first;
    w.rest = rest;
    return w;
  }
  /// Thrown instead of a reply.
  static way refused(failure f, duration head = {}) {
    way w;
    w.head = head;
    w.at_head = std::move(f);
    return w;
  }
  /// The reply fails before its first event.
  static way broken(failure f, duration first = {}) {
    way w;
    w.first = first;
    w.at_first = std::move(f);
    return w;
  }
  /// The reply fails after its first event.
  static way cut(failure f, duration rest = {}) {
    way w;
    w.rest = rest;
    w.at_end = std::move(f);
    return w;
  }

  duration head{}, first{}, rest{};
  std::optional<failure> at_head, at_first, at_end;
  bool maybe_billed = false;
};

class fake_answer final : public reply::source {
public:
  fake_answer(way w, std::shared_ptr<weir::attempt> record) : way_(std::move(w)), record_(std::move(record)) {}

  boost::asio::awaitable<bool> ready() override {
    co_await to_first();
    co_return !ended_;
  }

  boost::asio::awaitable<std::optional<event>> next() override {
    co_await to_first();
    if (!given_) {
      given_ = true;
      co_return event(event::kind::text, "token");
    }
    if (!ended_) {
      co_await sleep(way_.rest);
      finish(way_.at_end);
    }
    co_return std::nullopt;
  }

  void end_by(errc reason) noexcept override {
    if (!ended_)
      end(reason == errc::deadline_exceeded ? weir::outcome::deadline : weir::outcome::cancelled,
          weir::failure(reason, ""));
  }

  weir::outcome outcome() const noexcept override { return outcome_; }
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return usage_; }
  const std::string& finish_reason() const noexcept override { return finish_reason_; }
  const answer_info& info() const noexcept override { return info_; }
  const weir::attempt& attempt() const noexcept override { return *record_; }

private:
  boost::asio::awaitable<void> to_first() {
    if (failure_)
      throw error(failure_);
    if (has_first_)
      co_return;
    co_await sleep(way_.first);
    if (way_.at_first)
      finish(way_.at_first);
    has_first_ = true;
    tell_first_token();
  }

  boost::asio::awaitable<void> sleep(duration d) {
    if (d > duration())
      co_await sleep_for(d);
  }

  void finish(const std::optional<weir::failure>& f) {
    end(f ? weir::outcome::truncated : weir::outcome::complete, f.value_or(weir::failure()));
    if (f)
      throw error(*f);
  }

  void end(weir::outcome o, weir::failure f) noexcept {
    ended_ = true;
    outcome_ = o;
    failure_ = std::move(f);
    tell_end();
  }

  way way_;
  std::shared_ptr<weir::attempt> record_;
  bool has_first_ = false, given_ = false, ended_ = false;
  weir::outcome outcome_ = weir::outcome::truncated;
  weir::failure failure_;
  weir::usage usage_;
  std::string finish_reason_;
  answer_info info_;
};

class fake_wire final : public handler {
public:
  /// `how` is called for every try.
  explicit fake_wire(std::function<way(call&)> how) : how_(std::move(how)) {}
  /// Try by try; the last one repeats.
  explicit fake_wire(std::vector<way> ways)
      : how_([ways = std::move(ways), n = std::size_t(0)](call&) mutable {
          return ways[std::min(n++, ways.size() - 1)];
        }) {}

  boost::asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await boost::asio::this_coro::executor;
    requests.push_back(time_of(ex).now());
    if (!c.attempt)
      begin_attempt(c, time_of(ex).now());
    const auto w = how_(c);
    c.attempt->maybe_billed = w.maybe_billed;
    if (w.head > duration())
      co_await sleep_for(w.head);
    if (w.at_head)
      throw error(*w.at_head);
    co_return reply(std::make_shared<fake_answer>(w, c.attempt));
  }

  std::vector<time_point> requests;

private:
  std::function<way(call&)> how_;
};

/// Makes the call, and reads the answer to its end.
/// \returns its text.
inline boost::asio::awaitable<std::string> read_all(handler_ptr top, call& c) {
  auto r = co_await (*top)(c);
  std::string text;
  while (const auto e = co_await r.next())
    text += e->text();
  co_return text;
}

inline call call_to(world& w, target to = target("acme/model")) {
  return call(nullptr, std::move(to), w.root, w.now());
}

} // namespace weir::inline v0::test
