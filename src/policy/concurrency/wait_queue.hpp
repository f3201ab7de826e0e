// The queue before a limit, for callers on any thread: the shell around a core that decides.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/executor.hpp>
#include <weir/core/time.hpp>

#include "core/async/alarm.hpp"
#include "core/async/shutdown_hook.hpp"
#include "policy/bounded_registry.hpp"
#include "policy/concurrency/waiter_queue.hpp"

namespace weir::inline v0 {

/// A core (rate_limit_core, concurrency_core) with its mutex and its waiters.
///
/// Whoever changes the core serves the waiters whose turn it is, by posting to their executors. The waiter at the front
/// keeps an alarm on its own time source for the instant that the core names; when it leaves, the next one takes over.
/// No foreign code runs under the mutex; posting is done under it, so that a waiter whose context is being destroyed is
/// not posted to once it has left.
/// Thread safety: safe.
template <class Core>
class wait_queue : public std::enable_shared_from_this<wait_queue<Core>> {
public:
  using request = typename Core::request;
  using held = typename Core::held;
  using decision_type = typename Core::decision_type;

  template <class Settings>
  explicit wait_queue(const Settings& s) : core_(s) {}

  /// What is granted without waiting.
  std::optional<held> try_enter(time_point now, const request& r) {
    const std::lock_guard lock(mutex_);
    return core_.try_enter(now, r);
  }

  /// Waits in the queue; granted or refused. What is granted is the caller's from then on.
  /// Cancellation: terminal; leaves the queue, and what was granted meanwhile goes to the next.
  static boost::asio::awaitable<decision_type> enter(std::shared_ptr<wait_queue> self, request r) {
    const auto here = std::make_shared<waiter>(self, co_await boost::asio::this_coro::executor);
    auto d = here->take_place(r);
    if (d.what == admission::waiting) {
      co_await here->wait();
      d = here->take();
    }
    co_return d;
  }

  /// Runs a function on the core, then serves the waiters whose turn it is.
  template <class F>
  void change(time_point now, F f) {
    const std::lock_guard lock(mutex_);
    f(core_);
    serve(now);
  }

  template <class F>
  auto look(F f) {
    const std::lock_guard lock(mutex_);
    return f(core_);
  }

private:
  // One caller in the queue, owned by its coroutine's frame. Leaves at the latest when its context shuts down: other
  // threads post to it as long as it is here.
  class waiter final : public std::enable_shared_from_this<waiter>, private shutdown_hook {
  public:
    waiter(std::shared_ptr<wait_queue> r, boost::asio::any_io_executor e)
        : room(std::move(r)), ex(std::move(e)), plain(scope_of(ex)->inner()), time(time_of(ex)),
          event(ex, boost::asio::steady_timer::time_point::max()) {
      attach(boost::asio::query(ex, boost::asio::execution::context));
    }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    ~waiter() { leave(); }

    decision_type take_place(const request& r) {
      const std::lock_guard lock(room->mutex_);
      const auto now = time.now();
      const auto d = room->core_.enter(now, r);
      if (d.what == admission::waiting) {
        id = d.waiter;
        room->waiting_.emplace(id, this);
        room->serve(now);
      }
      return d;
    }

    // A timer that never fires, and not a stored handler: when the context is destroyed it destroys
    // the waiting coroutine, which a handler kept here would hold in a cycle.
    boost::asio::awaitable<void> wait() {
      if (woken_up)
        co_return;
      error_code ec;
      co_await event.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      if (!woken_up)
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    }

    decision_type take() {
      const std::lock_guard lock(room->mutex_);
      id = 0;
      return *std::exchange(outcome, std::nullopt);
    }

    // On the waiter's own strand.
    void on_news() {
      time_point at;
      {
        const std::lock_guard lock(room->mutex_);
        woken_up = outcome.has_value();
        at = wake_at;
      }
      if (woken_up) {
        turn.cancel();
        event.cancel();
      } else if (at == never) {
        turn.cancel();
      } else if (at != turn.when()) {
        turn.set(time, ex, at, [self = this->weak_from_this()] {
          if (const auto s = self.lock())
            s->on_turn();
        });
      }
    }

    void on_turn() {
      const std::lock_guard lock(room->mutex_);
      wake_at = never;
      room->serve(time.now());
    }

    void on_shutdown() noexcept override { leave(); }

    void leave() {
      if (!id)
        return;
      const std::lock_guard lock(room->mutex_);
      const auto now = time.now();
      if (outcome) {
        if (outcome->what == admission::granted)
          room->core_.abandon(now, outcome->held);
      } else {
        room->core_.leave(id);
        room->waiting_.erase(id);
      }
      id = 0;
      room->serve(now);
    }

    const std::shared_ptr<wait_queue> room;
    const boost::asio::any_io_executor ex;
    // What other threads post to: a copy of the scope's executor would release the scope on their threads.
    const boost::asio::any_io_executor plain;
    time_source& time;
    boost::asio::steady_timer event;
    alarm turn;
    bool woken_up = false;
    typename Core::ticket id = 0;
    // Guarded by the queue's mutex.
    std::optional<decision_type> outcome;
    time_point wake_at = never;
  };

  // Under the mutex.
  void serve(time_point now) {
    while (const auto d = core_.next(now)) {
      const auto it = waiting_.find(d->waiter);
      auto& s = *it->second;
      waiting_.erase(it);
      s.outcome = *d;
      tell(s);
    }
    const auto front = core_.front();
    if (!front)
      return;
    auto& s = *waiting_.at(front);
    const auto at = core_.wake(now);
    if (at != std::exchange(s.wake_at, at))
      tell(s);
  }

  static void tell(waiter& s) noexcept {
    try {
      boost::asio::post(s.plain, [weak = s.weak_from_this()] {
        if (const auto here = weak.lock())
          here->on_news();
      });
    } catch (const std::bad_alloc&) {
      // Out of memory, the waiter cannot be notified: it waits until its deadline, and its grant then goes to the next
      // one.
    }
  }

  std::mutex mutex_;
  Core core_;
  std::map<typename Core::ticket, waiter*> waiting_;
};

/// The queues of all keys and models that were called: 4096, and more while all of them are held; see bounded_registry.
/// Thread safety: safe.
template <class Core, class Settings>
class wait_queues {
public:
  using room = wait_queue<Core>;

  explicit wait_queues(Settings s) : settings_(std::move(s)) {}
  const Settings& settings() const noexcept { return settings_; }

  std::shared_ptr<room> at(const std::string& id, time_point now) {
    // Waiters, permits and layers hold a queue too.
    return all_.at(
        id, [this] { return std::make_shared<room>(settings_); },
        [now](room& r) { return r.look([now](Core& core) { return core.idle(now); }); });
  }

  /// The state of every queue's core, by id.
  auto states(time_point now) const {
    using state = decltype(std::declval<Core&>().state(now));
    std::vector<state> list;
    for (const auto& [id, where] : all_.all()) {
      list.push_back(where->look([now](Core& core) { return core.state(now); }));
      list.back().id = id;
    }
    return list;
  }

private:
  const Settings settings_;
  // A queue that is not kept would let its callers past the limit.
  bounded_registry<room> all_{4096, bounded_registry<room>::when_all_are_held::keep};
};

} // namespace weir::inline v0
