#include <weir/core/scope.hpp>

#include <boost/asio/execution.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>

#include "core/async/executor_kind.hpp"
#include "core/async/shutdown_hook.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

std::atomic<std::size_t> live_scopes{0};

// Guards the weak_ptr of every scope: taken when an executor becomes tracked, which
// Asio may do from the thread that spawns, and held for a few instructions.
std::mutex guard_mutex;

// In place of a strand whose context has shut down: what is submitted is destroyed.
class gone_executor {
public:
  explicit gone_executor(asio::execution_context& c) noexcept : context_(&c) {}
  template <class F>
  void execute(F&&) const noexcept {}
  asio::execution_context& query(asio::execution::context_t) const noexcept { return *context_; }
  static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
    return asio::execution::blocking.never;
  }
  gone_executor require(asio::execution::blocking_t::never_t) const noexcept { return *this; }
  friend bool operator==(const gone_executor& a, const gone_executor& b) noexcept { return a.context_ == b.context_; }

private:
  asio::execution_context* context_;
};

} // namespace

void cancel_hook::unlink() noexcept {
  if (!owner_)
    return;
  if (prev_)
    prev_->next_ = next_;
  else
    owner_->hooks_ = next_;
  if (next_)
    next_->prev_ = prev_;
  owner_ = nullptr;
  next_ = prev_ = nullptr;
}

scope::submitters::submitters(asio::any_io_executor ex)
    : possibly(ex), never_fork(asio::require(ex, asio::execution::blocking.never)),
      never_continuation(asio::prefer(never_fork, asio::execution::relationship.continuation)) {}

scope::scope(std::shared_ptr<const submitters> inner, std::shared_ptr<scope> parent, time_point deadline,
             const backoff& b)
    : inner_(std::move(inner)), parent_(std::move(parent)), deadline_(deadline), backoff_(b),
      priority_(parent_ ? parent_->priority_ : weir::priority::interactive) {
  live_scopes.fetch_add(1, std::memory_order_relaxed);
}

scope::~scope() {
  while (hooks_)
    hooks_->unlink();
  live_scopes.fetch_sub(1, std::memory_order_relaxed);
}

std::size_t scope::live() noexcept { return live_scopes.load(std::memory_order_relaxed); }

std::shared_ptr<scope> scope::root(asio::any_io_executor inner) {
  // A strand must not outlive its context, but a scope may: for example one held by a reply that has ended.
  class leaving final : public submitters, private shutdown_hook {
  public:
    explicit leaving(asio::any_io_executor ex) : submitters(std::move(ex)) {
      attach(asio::query(possibly, asio::execution::context), turn::late);
    }

  private:
    void on_shutdown() noexcept override {
      const asio::any_io_executor gone(gone_executor(asio::query(possibly, asio::execution::context)));
      possibly = never_fork = never_continuation = gone;
    }
  };
  std::shared_ptr<const submitters> ways;
  if (kind_of(inner) == executor_kind::serial)
    ways = std::make_shared<leaving>(std::move(inner));
  else
    ways = std::make_shared<const submitters>(std::move(inner));
  return std::shared_ptr<scope>(new scope(std::move(ways), nullptr, never, backoff()));
}

std::shared_ptr<scope> scope::child(time_point deadline) { return child(deadline, backoff_); }

std::shared_ptr<scope> scope::child(time_point deadline, const backoff& b) {
  std::shared_ptr<scope> made(new scope(inner_, shared_from_this(), std::min(deadline, deadline_), b));
  attach(*made);
  return made;
}

std::shared_ptr<scope> scope::child(time_point deadline, weir::priority p) {
  auto made = child(deadline, backoff_);
  made->priority_ = p;
  return made;
}

std::shared_ptr<scope> scope::shielded(time_point deadline) {
  return std::shared_ptr<scope>(new scope(inner_, shared_from_this(), deadline, backoff_));
}

void scope::attach(cancel_hook& hook) noexcept {
  if (cancelled()) {
    hook.on_cancel(reason_);
    return;
  }
  hook.unlink();
  hook.owner_ = this;
  hook.next_ = hooks_;
  if (hooks_)
    hooks_->prev_ = &hook;
  hooks_ = &hook;
}

void scope::cancel(errc reason) noexcept {
  if (cancelled())
    return;
  reason_ = reason;
  // A hook may end work that holds the last reference to this scope.
  auto self = weak_from_this().lock();
  while (hooks_) {
    cancel_hook* hook = hooks_;
    hook->unlink();
    hook->on_cancel(reason);
  }
}

// Null if there is no memory for it.
std::shared_ptr<scope> scope::tracked() {
  std::lock_guard lock(guard_mutex);
  auto guard = guard_.lock();
  if (!guard) {
    try {
      guard = std::make_shared<work_guard>();
      guard->work = asio::prefer(inner_->possibly, asio::execution::outstanding_work.tracked);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    guard->owner = shared_from_this();
    guard_ = guard;
  }
  return std::shared_ptr<scope>(std::move(guard), this);
}

} // namespace weir::inline v0
