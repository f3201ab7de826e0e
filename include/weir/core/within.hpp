// Structured limits in time: within() and shield().
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <weir/core/executor.hpp>

WEIR_BEGIN_NAMESPACE

namespace detail {

/// Where a body leaves its result. `void` is kept as a flag.
template <class T>
struct result_slot {
  using stored = std::conditional_t<std::is_void_v<T>, bool, T>;
  std::optional<stored> value;
  std::exception_ptr error;
};

/// Runs a body to its end and keeps its result. Boost 1.81 loses the completion of a coroutine that was cancelled and
/// ends without suspending; not throwing on the way out avoids that (asio, "co_spawn" fix of 1.85).
template <class T>
boost::asio::awaitable<void> run_to_slot(boost::asio::awaitable<T> body, std::shared_ptr<result_slot<T>> out) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(body);
      out->value.emplace(true);
    } else {
      out->value.emplace(co_await std::move(body));
    }
  } catch (...) {
    out->error = std::current_exception();
  }
  co_await boost::asio::this_coro::throw_if_cancelled(false);
}

/// The completion handler of a spawned body: tells its owner that the body ended, or, when
/// it is destroyed without having been called, that it never will.
template <class Owner>
class spawned_end {
public:
  explicit spawned_end(std::shared_ptr<Owner> owner) noexcept : owner_(std::move(owner)) {}
  spawned_end(spawned_end&&) noexcept = default;
  spawned_end& operator=(spawned_end&&) = delete;
  ~spawned_end() {
    if (owner_)
      owner_->abandon();
  }
  void operator()(std::exception_ptr) { std::exchange(owner_, nullptr)->body_done(); }

private:
  std::shared_ptr<Owner> owner_;
};

/// One body in a scope, raced against the scope's deadline, and waited for whatever
/// happens. Lives until both the body and the timer have ended.
class race final : public std::enable_shared_from_this<race>, private cancel_hook {
public:
  using done_handler = boost::asio::any_completion_handler<void()>;

  race(std::shared_ptr<scope> s, bool shielded) : scope_(std::move(s)), shielded_(shielded) {}

  /// `body` is spawned by the caller with body_slot(), and reports body_done().
  void start(bool timed, done_handler done);
  boost::asio::cancellation_slot body_slot() noexcept { return body_signal_.slot(); }
  void body_done();
  /// Releases the waiting coroutine when the body will never report: its frame owns this object, and would be kept
  /// alive from in here when the context is destroyed.
  void abandon() noexcept { const auto waiting = std::exchange(done_, std::nullopt); }
  /// The same where the body could not be spawned: there is nothing to wait for.
  void forsake() noexcept;
  /// To be called at the end of the initiation: completions before it are deferred.
  void started();

  const std::shared_ptr<scope>& in() const noexcept { return scope_; }
  /// Which of our own reasons ended the body; errc{} if none did.
  errc verdict() const noexcept { return scope_->reason(); }

private:
  void on_cancel(errc) noexcept override;
  void finish_one();

  std::shared_ptr<scope> scope_;
  boost::asio::cancellation_signal body_signal_;
  boost::asio::cancellation_signal timer_signal_;
  std::optional<done_handler> done_;
  int pending_ = 0;
  bool shielded_;
  bool initiating_ = true;
};

[[noreturn]] void rethrow_translated(errc verdict, std::exception_ptr error);

template <class T>
class start_race {
public:
  start_race(std::shared_ptr<race> r, boost::asio::awaitable<T> body, std::shared_ptr<result_slot<T>> out, bool timed)
      : race_(std::move(r)), body_(std::move(body)), out_(std::move(out)), timed_(timed) {}

  template <class Handler>
  void operator()(Handler&& handler) {
    race_->start(timed_, race::done_handler(std::forward<Handler>(handler)));
    try {
      boost::asio::co_spawn(boost::asio::any_io_executor(executor(race_->in())), run_to_slot<T>(std::move(body_), out_),
                            boost::asio::bind_cancellation_slot(race_->body_slot(), spawned_end<race>(race_)));
    } catch (...) {
      race_->forsake();
      throw;
    }
    race_->started();
  }

private:
  std::shared_ptr<race> race_;
  boost::asio::awaitable<T> body_;
  std::shared_ptr<result_slot<T>> out_;
  bool timed_;
};

template <class T>
boost::asio::awaitable<T> run_in(std::shared_ptr<scope> s, boost::asio::awaitable<T> body, bool timed, bool shielded) {
  auto r = std::make_shared<race>(std::move(s), shielded);
  auto out = std::make_shared<result_slot<T>>();
  start_race<T> start(r, std::move(body), out, timed);
  if (shielded)
    co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(std::move(start),
                                                                                     boost::asio::use_awaitable);
  if (!out->value)
    rethrow_translated(r->verdict(), out->error);
  if constexpr (!std::is_void_v<T>)
    co_return std::move(*out->value);
}

} // namespace detail

/// Runs `body` in a child scope that ends at `until` or at the ambient deadline,
/// whichever is earlier.
///
/// When the time is reached the body is cancelled (terminal), waited for, and weir::error errc::deadline_exceeded is
/// thrown; if it returned a value all the same, the value is returned. A timer is armed only if `until` is tighter than
/// the ambient deadline, which the outer within() enforces.
/// Errors: errc::deadline_exceeded, the scope's reason, or what the body throws.
/// Cancellation: terminal; the body is cancelled and waited for.
template <class T>
boost::asio::awaitable<T> within(time_point until, boost::asio::awaitable<T> body) {
  auto parent = scope_of(co_await boost::asio::this_coro::executor);
  const bool timed = until < parent->deadline();
  co_return co_await detail::run_in<T>(parent->child(until), std::move(body), timed, false);
}

/// The same for a duration from now, such as `30s`.
template <class T>
boost::asio::awaitable<T> within(duration limit, boost::asio::awaitable<T> body) {
  const auto ex = co_await boost::asio::this_coro::executor;
  co_return co_await within<T>(after(time_of(ex).now(), limit), std::move(body));
}

/// Runs `body` at this priority, which orders its calls in the queues of the limits. Cancellation and errors as
/// within().
///
///     co_await weir::at_priority(weir::priority::batch, summarize_all(client, documents));
template <class T>
boost::asio::awaitable<T> at_priority(priority p, boost::asio::awaitable<T> body) {
  auto parent = scope_of(co_await boost::asio::this_coro::executor);
  co_return co_await detail::run_in<T>(parent->child(never, p), std::move(body), false, false);
}

/// Runs `body` with this backoff between the retries of its calls.
template <class T>
boost::asio::awaitable<T> with_backoff(backoff b, boost::asio::awaitable<T> body) {
  auto parent = scope_of(co_await boost::asio::this_coro::executor);
  co_return co_await detail::run_in<T>(parent->child(never, b), std::move(body), false, false);
}

/// Runs `body`, typically a clean-up, out of reach of the cancellation and deadline
/// around it, for at most `limit`.
/// Errors: errc::deadline_exceeded after `limit`, or what the body throws.
/// Cancellation: none while the body runs. Afterwards the coroutine's
/// throw_if_cancelled() is as it was.
template <class T>
boost::asio::awaitable<T> shield(duration limit, boost::asio::awaitable<T> body) {
  const auto ex = co_await boost::asio::this_coro::executor;
  const auto until = after(time_of(ex).now(), limit);
  co_return co_await detail::run_in<T>(scope_of(ex)->shielded(until), std::move(body), true, true);
}

WEIR_END_NAMESPACE
