#include <weir/core/key_source.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <set>
#include <string>

#include <weir/core/error.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/within.hpp>

#include "core/async/shutdown_hook.hpp"
#include "core/failure/failure_of.hpp"
#include "core/time/duration.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// How long a key that the callback has issued again, although it was refused, is left alone.
constexpr auto pause_after_same_key = std::chrono::seconds(1);
// How much longer than its timeout a callback's coroutine lives, on a context that runs.
constexpr auto grace = std::chrono::seconds(1);

failure unavailable(std::string words) { return failure(errc::key_unavailable, std::move(words)); }

} // namespace

// The key, and the calls that wait for the next one. One callback at a time; whoever finds none running starts it, on
// its own plain executor, so that it goes on if that call ends. One whose context has stopped is given up.
class key_source::issuer : public std::enable_shared_from_this<issuer> {
public:
  explicit issuer(function f) : function_(std::move(f)) {}

  static asio::awaitable<secret> get(std::shared_ptr<issuer> self, secret refused) {
    const auto ex = co_await asio::this_coro::executor;
    for (;;) {
      const auto here = std::make_shared<waiter>(self, ex);
      auto known = self->look(*here, refused);
      if (known)
        co_return known;
      if (here->starts)
        self->start(scope_of(ex)->inner(), here->run);
      auto waiting = here->wait();
      std::exception_ptr failed;
      try {
        co_await within(self->timeout, std::move(waiting));
      } catch (...) {
        failed = std::current_exception();
      }
      const bool late = failed && scope_of(ex)->deadline() > time_of(ex).now() &&
                        failure_of(failed).code() == errc::deadline_exceeded;
      if (late) {
        auto still = self->valid(*here, refused);
        if (still)
          co_return still;
        throw error(self->late());
      }
      if (failed)
        std::rethrow_exception(failed);
      auto given = self->take(*here, refused);
      if (given)
        co_return given;
    }
  }

  secret last() {
    const std::lock_guard lock(mutex_);
    return key_;
  }

  duration timeout = std::chrono::seconds(10);
  duration renew_before = std::chrono::minutes(1);

private:
  // One call that waits, owned by its coroutine's frame. Leaves at the latest when its context shuts down: other
  // threads post to it as long as it is here.
  class waiter final : public std::enable_shared_from_this<waiter>, private shutdown_hook {
  public:
    waiter(std::shared_ptr<issuer> of, asio::any_io_executor ex)
        : of(std::move(of)), plain(scope_of(ex)->inner()), time(time_of(ex)),
          event(ex, asio::steady_timer::time_point::max()) {
      attach(asio::query(ex, asio::execution::context));
    }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    ~waiter() { leave(); }

    // A timer that never fires, and not a stored handler: when the context is destroyed it destroys the waiting
    // coroutine, which a handler kept here would hold in a cycle.
    asio::awaitable<void> wait() {
      const auto self = shared_from_this();
      if (told)
        co_return;
      error_code ec;
      co_await event.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      if (!told)
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    // On the waiter's own strand.
    void on_news() {
      told = true;
      event.cancel();
    }
    void on_shutdown() noexcept override { leave(); }
    void leave() {
      const std::lock_guard lock(of->mutex_);
      of->waiting_.erase(this);
    }

    const std::shared_ptr<issuer> of;
    // What other threads post to: a copy of the scope's executor would release the scope on their threads.
    const asio::any_io_executor plain;
    const time_source& time;
    asio::steady_timer event;
    bool starts = false;
    bool told = false;
    std::uint64_t run = 0; // the one that it starts
    // Guarded by the issuer's mutex.
    bool served = false;
    failure why;
  };

  // Tells everybody, however the coroutine that asks for a key ends.
  class asking {
  public:
    asking(std::shared_ptr<issuer> of, std::uint64_t run) noexcept : of_(std::move(of)), run_(run) {}
    asking(const asking&) = delete;
    asking& operator=(const asking&) = delete;
    ~asking() { of_->finish(run_); }

  private:
    const std::shared_ptr<issuer> of_;
    const std::uint64_t run_;
  };

  // The key that can be used now; else the waiter is in the queue.
  secret look(waiter& w, const secret& refused) {
    const std::lock_guard lock(mutex_);
    const auto now = w.time.now();
    const bool same = refused && refused == key_;
    if (key_ && (same ? now < quiet_ : now < renew_))
      return key_;
    waiting_.insert(&w);
    w.starts = !asking_ || now >= given_up_;
    if (w.starts) {
      asking_ = true;
      given_up_ = after(after(now, timeout), grace);
      w.run = ++run_;
      after_refusal_ = same;
    }
    return {};
  }

  // The key that is there, if it can still be used.
  secret valid(const waiter& w, const secret& refused) {
    const std::lock_guard lock(mutex_);
    return usable(w, refused) ? key_ : secret();
  }

  // What a waiter gets that was told; empty if the one that asked ended without a word.
  secret take(const waiter& w, const secret& refused) {
    const std::lock_guard lock(mutex_);
    if (w.served || (w.why && usable(w, refused)))
      return key_;
    if (w.why)
      throw error(w.why);
    return {};
  }

  // Under the mutex.
  bool usable(const waiter& w, const secret& refused) const {
    return key_ && w.time.now() < end_ && !(refused && refused == key_);
  }

  failure late() const {
    return unavailable("the key callback did not issue a key within " + format_duration(timeout));
  }

  void start(const asio::any_io_executor& ex, std::uint64_t run) {
    try {
      asio::co_spawn(ex, ask(shared_from_this(), run), asio::detached);
    } catch (...) {
      finish(run);
      throw;
    }
  }

  static asio::awaitable<void> ask(std::shared_ptr<issuer> self, std::uint64_t run) {
    const asking here(self, run);
    const auto& clock = time_of(co_await asio::this_coro::executor);
    const auto began = clock.now();
    std::exception_ptr failed;
    issued_key got;
    try {
      auto issuing = self->function_();
      got = co_await within(self->timeout, std::move(issuing));
    } catch (...) {
      failed = std::current_exception();
    }
    if (!failed)
      self->keep(got, clock.now(), run);
    else if (failure_of(failed).code() == errc::deadline_exceeded && clock.now() - began >= self->timeout)
      self->keep(self->late(), run);
    else if (const auto why = failure_of_callback(failed); why.code() == errc::missing_key)
      self->keep(why, run); // the callback's own word that there is none
    else
      self->keep(unavailable("the key callback failed: " + why.describe()), run);
  }

  void keep(const issued_key& got, time_point now, std::uint64_t run) {
    if (got.key().empty() || got.valid_for() <= duration())
      return keep(unavailable(got.key().empty() ? "the key callback issued an empty key"
                                                : "the key callback issued a key that is not valid any more"),
                  run);
    const std::lock_guard lock(mutex_);
    // One that was given up may end after its successor, with an older key.
    if (run < kept_run_)
      return;
    kept_run_ = run;
    quiet_ = after_refusal_ && key_ == got.key() ? after(now, pause_after_same_key) : time_point();
    key_ = got.key();
    const bool ends = got.valid_for() != duration::max();
    end_ = ends ? after(now, got.valid_for()) : never;
    renew_ = ends ? end_ - std::clamp(renew_before, duration(), got.valid_for() / 2) : never;
    for (auto* w : waiting_)
      w->served = true;
  }

  // The failure of one that was given up is nobody's.
  void keep(const failure& why, std::uint64_t run) {
    const std::lock_guard lock(mutex_);
    if (run != run_)
      return;
    for (auto* w : waiting_)
      w->why = why;
  }

  // Posting under the mutex: a waiter whose context is being destroyed leaves first.
  void finish(std::uint64_t run) noexcept {
    const std::lock_guard lock(mutex_);
    if (run == run_)
      asking_ = false;
    for (auto* w : std::exchange(waiting_, {}))
      try {
        asio::post(w->plain, [weak = w->weak_from_this()] {
          if (const auto here = weak.lock())
            here->on_news();
        });
      } catch (const std::bad_alloc&) {
        // It cannot be told, and gives up after its timeout.
      }
  }

  const function function_;
  std::mutex mutex_;
  secret key_;
  // `quiet_`: until when a refused key is not asked for again.
  time_point quiet_{}, renew_{}, end_{};
  bool asking_ = false;
  std::uint64_t run_ = 0;      // the latest one's number
  std::uint64_t kept_run_ = 0; // whose key is there
  time_point given_up_{};      // when it is taken for lost
  bool after_refusal_ = false; // why it is asked
  std::set<waiter*> waiting_;
};

key_source::key_source(function issue) : issuer_(std::make_shared<issuer>(std::move(issue))) {}

key_source&& key_source::timeout(duration v) && { return std::move(timeout(v)); }
key_source& key_source::timeout(duration v) & {
  if (issuer_)
    issuer_->timeout = v;
  return *this;
}
key_source&& key_source::renew_before(duration v) && { return std::move(renew_before(v)); }
key_source& key_source::renew_before(duration v) & {
  if (issuer_)
    issuer_->renew_before = v;
  return *this;
}

secret key_source::last() const { return issuer_ ? issuer_->last() : fixed_; }

namespace {

asio::awaitable<secret> at_once(secret key) { co_return key; }

} // namespace

asio::awaitable<secret> key_source::get(secret refused) const {
  return issuer_ ? issuer::get(issuer_, std::move(refused)) : at_once(fixed_);
}

} // namespace weir::inline v0
