#include "client/post/json_poster.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace weir::inline v0 {

namespace asio = boost::asio;

/// What runs on the thread.
class json_poster::core {
public:
  core(post_settings s, std::shared_ptr<post_source> from, duration interval)
      : sender_(std::move(s)), source_(std::move(from)), interval_(interval) {}

  // By value: the coroutine keeps the object.
  static asio::awaitable<void> run(std::shared_ptr<core> self) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const timer_place place(*self, timer);
    self->next_tick_ = clock::now() + self->interval_;
    for (;;) {
      const auto seen = self->wanted();
      self->awake_ = false;
      auto p = self->source_->next(self->ticked());
      if (p) {
        auto sending = self->sender_.send(p->target, std::move(p->body));
        const auto r = co_await std::move(sending);
        self->source_->ended(*p, r);
        continue;
      }
      self->finished(seen);
      if (self->awake_)
        continue;
      timer.expires_at(self->interval_ > duration() ? self->next_tick_ : clock::time_point::max());
      error_code ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  // On the thread.
  void wake() {
    awake_ = true;
    if (timer_)
      timer_->cancel();
  }

  std::uint64_t want() {
    source_->flush();
    const std::lock_guard lock(mutex_);
    return ++wanted_;
  }
  bool wait_for(std::uint64_t flush, duration limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return finished_ >= flush; });
  }

private:
  using clock = std::chrono::steady_clock;

  // The timer is the context's, which this object outlives.
  class timer_place {
  public:
    timer_place(core& c, asio::steady_timer& t) noexcept : core_(c) { core_.timer_ = &t; }
    timer_place(const timer_place&) = delete;
    ~timer_place() { core_.timer_ = nullptr; }

  private:
    core& core_;
  };

  bool ticked() {
    const auto now = clock::now();
    if (interval_ <= duration() || now < next_tick_)
      return false;
    next_tick_ = now + interval_;
    return true;
  }
  std::uint64_t wanted() {
    const std::lock_guard lock(mutex_);
    return wanted_;
  }
  void finished(std::uint64_t flush) {
    const std::lock_guard lock(mutex_);
    finished_ = flush;
    changed_.notify_all();
  }

  json_sender sender_;
  const std::shared_ptr<post_source> source_;
  const duration interval_;
  clock::time_point next_tick_{};
  asio::steady_timer* timer_ = nullptr;
  bool awake_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t wanted_ = 0, finished_ = 0; // flushes
};

json_poster::json_poster(post_settings s, std::shared_ptr<post_source> from, duration interval)
    : core_(std::make_shared<core>(std::move(s), std::move(from), interval)), thread_(std::make_unique<background>()) {
  asio::co_spawn(thread_->executor(), core::run(core_), [](const std::exception_ptr&) {
    // Only for want of memory: nothing more is sent.
  });
}

void json_poster::wake() noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (thread_)
      thread_->post([c = core_] { c->wake(); });
  } catch (const std::bad_alloc&) {
    // It waits for the next one.
  }
}

bool json_poster::flush(duration limit) noexcept {
  try {
    {
      const std::lock_guard lock(mutex_);
      if (!thread_)
        return false;
    }
    const auto flush = core_->want();
    wake();
    return core_->wait_for(flush, limit);
  } catch (const std::exception&) {
    return false;
  }
}

void json_poster::stop(duration grace) noexcept {
  if (grace > duration())
    flush(grace);
  std::unique_ptr<background> thread;
  {
    const std::lock_guard lock(mutex_);
    thread = std::move(thread_);
  }
  // Outside of the lock, for which calls may wait.
  thread.reset();
}

} // namespace weir::inline v0
