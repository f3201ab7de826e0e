#include "policy/recover/cold_start.hpp"

#include <boost/asio/this_coro.hpp>

#include <optional>
#include <string>
#include <utility>

#include <weir/core/backoff.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/random.hpp>

#include "core/async/alarm.hpp"
#include "core/time/duration.hpp"
#include "policy/late.hpp"
#include "policy/recover/cold_start_core.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;
using observers = std::vector<std::shared_ptr<observer>>;

// Notifies the observers of a wait for as long as it lives.
class teller {
public:
  teller(std::shared_ptr<const observers> to, const call& c, asio::any_io_executor ex, time_point since)
      : to_(std::move(to)), record_(c.record), attempt_(c.attempt), ex_(std::move(ex)), time_(time_of(ex_)),
        since_(since) {
    if (!to_->empty())
      tell();
  }

  teller(const teller&) = delete;
  teller& operator=(const teller&) = delete;
  ~teller() {
    for (const auto& o : *to_)
      o->endpoint_awaited(*record_, *attempt_);
  }

private:
  void tell() {
    const auto now = time_.now();
    for (const auto& o : *to_)
      o->endpoint_starting(*record_, *attempt_, now - since_);
    tick_.set(time_, ex_, after(now, 1s), [this] { tell(); });
  }

  std::shared_ptr<const observers> to_;
  std::shared_ptr<call_record> record_;
  std::shared_ptr<const weir::attempt> attempt_;
  asio::any_io_executor ex_;
  time_source& time_;
  time_point since_;
  alarm tick_;
};

failure starting(errc code, std::string words, const failure& last) {
  failure f(code, std::move(words));
  return f.status(last.status()).remote(last.remote()).request_id(last.request_id());
}

class cold_start_layer final : public handler {
public:
  cold_start_layer(cold_start settings, std::function<bool(const target&)> scales_to_zero,
                   std::shared_ptr<const observers> told, handler_ptr inner)
      : settings_(settings), scales_to_zero(std::move(scales_to_zero)), told_(std::move(told)),
        inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    if (!scales_to_zero(c.to))
      co_return co_await (*inner_)(c);
    const auto ex = co_await asio::this_coro::executor;
    const auto& clock = time_of(ex);
    const auto until = std::min(scope_of(ex)->deadline(), c.reply_scope->deadline());
    const auto left = [&] { return until == never ? duration::max() : until - clock.now(); };
    throw_if_late(*scope_of(ex), clock.now(), c.to);
    if (!c.attempt)
      begin_attempt(c, clock.now());
    cold_start_core core(settings_);
    std::optional<teller> progress;
    for (;;) {
      const auto began = clock.now();
      std::exception_ptr thrown;
      failure why;
      try {
        auto r = co_await (*inner_)(c);
        c.hold.reset();
        co_return std::move(r);
      } catch (const error& e) {
        why = e.failure();
        thrown = std::current_exception();
      }
      c.hold.reset();
      const auto now = clock.now();
      const auto next = core.after(why, now, now - began, left(), random_uniform(ex));
      const auto waited = core.since() == never ? duration() : now - core.since();
      const auto who = "the endpoint " + (c.to.base_url().empty() ? c.to.model() : c.to.base_url());
      switch (next.what) {
      case cold_start_core::verdict::not_starting:
        if (core.since() == never)
          std::rethrow_exception(thrown);
        // Tried for a minute by now.
        throw error(why.should_retry(false));
      case cold_start_core::verdict::refused:
        throw error(starting(errc::starting,
                             who + " was scaled to zero and is starting, which takes minutes: try again later, or let "
                                   "calls wait for it (cold_start.wait)",
                             why));
      case cold_start_core::verdict::limit:
        throw error(
            starting(errc::starting,
                     who + " was still starting after " + format_duration(waited) +
                         ", the longest that calls may wait for it (cold_start.limit): raise that, or try again later",
                     why));
      case cold_start_core::verdict::late:
        throw error(starting(errc::deadline_exceeded,
                             who + " was still starting after " + format_duration(waited) +
                                 ", and the deadline leaves no time for another try: "
                                 "allow several minutes, or try again later",
                             why));
      case cold_start_core::verdict::again: break;
      }
      if (!progress)
        progress.emplace(told_, c, ex, core.since());
      co_await sleep_for(next.wait);
      c.attempt->cold_start = clock.now() - core.since();
      begin_again(*c.attempt);
      if (const auto hold = cold_start_core::hold(left()); hold > duration())
        c.hold = hold;
    }
  }

private:
  // The next try writes its own times; those that it may not reach are reset.
  static void begin_again(attempt& a) {
    a.failure = failure();
    a.status = 0;
    a.sent = a.first_byte = a.ended = duration();
    a.maybe_billed = false;
  }

  const cold_start settings_;
  const std::function<bool(const target&)> scales_to_zero;
  const std::shared_ptr<const observers> told_;
  const handler_ptr inner_;
};

} // namespace

layer make_cold_start(cold_start settings, std::function<bool(const target&)> scales_to_zero,
                      std::vector<std::shared_ptr<observer>> told) {
  auto all = std::make_shared<const observers>(std::move(told));
  return [settings, scales_to_zero = std::move(scales_to_zero), all](handler_ptr inner) -> handler_ptr {
    return std::make_shared<cold_start_layer>(settings, scales_to_zero, all, std::move(inner));
  };
}

} // namespace weir::inline v0
