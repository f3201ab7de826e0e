#include <weir/core/group.hpp>

#include <deque>

#include <weir/core/within.hpp>

#include "core/async/post_handler.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

class group::state : public std::enable_shared_from_this<group::state> {
public:
  explicit state(std::size_t limit) : limit_(limit) {}

  void bind(const asio::any_io_executor& ex) {
    if (!scope_)
      scope_ = scope_of(ex)->child();
    start_some();
  }

  void add(asio::awaitable<void> task) {
    if (scope_ && scope_->cancelled())
      return;
    waiting_.push_back(std::move(task));
    if (scope_)
      start_some();
  }

  void cancel() noexcept {
    if (!scope_) {
      waiting_.clear();
      return;
    }
    scope_->cancel(errc::cancelled);
    waiting_.clear();
    wake();
  }

  std::size_t size() const noexcept { return waiting_.size() + running_; }

  void wait(asio::any_completion_handler<void()> handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected())
      slot.assign([weak = weak_from_this()](asio::cancellation_type) {
        if (auto self = weak.lock())
          self->cancel();
      });
    joiner_.emplace(std::move(handler));
    wake();
  }

  /// After the last task: the verdict, and a clean slate.
  void conclude() {
    auto first = std::exchange(first_, nullptr);
    const bool cancelled = scope_->cancelled();
    scope_.reset();
    if (first)
      std::rethrow_exception(first);
    if (cancelled)
      throw error(errc::cancelled, "the group was cancelled");
  }

  void abandon() noexcept { const auto waiting = std::exchange(joiner_, std::nullopt); }

private:
  // One running task, as its completion handler sees it.
  class running {
  public:
    running(std::shared_ptr<state> s, std::shared_ptr<detail::race> r,
            std::shared_ptr<detail::result_slot<void>> o) noexcept
        : owner_(std::move(s)), race_(std::move(r)), out_(std::move(o)) {}
    running(running&&) noexcept = default;
    running& operator=(running&&) = delete;
    // Not called: the context was destroyed, or the task could not be started.
    ~running() {
      if (owner_)
        owner_->abandon();
    }
    void operator()() {
      const auto owner = std::exchange(owner_, nullptr);
      owner->ended(out_->error ? translated(race_->verdict(), out_->error) : nullptr);
    }

  private:
    std::shared_ptr<state> owner_;
    std::shared_ptr<detail::race> race_;
    std::shared_ptr<detail::result_slot<void>> out_;
  };

  static std::exception_ptr translated(errc verdict, const std::exception_ptr& error) noexcept {
    try {
      detail::rethrow_translated(verdict, error);
    } catch (...) {
      return std::current_exception();
    }
  }

  void start_some() {
    while (!waiting_.empty() && !scope_->cancelled() && (limit_ == 0 || running_ < limit_)) {
      auto task = std::move(waiting_.front());
      waiting_.pop_front();
      ++running_;
      try {
        start(std::move(task));
      } catch (...) {
        --running_;
        throw;
      }
    }
  }

  // In a scope of its own below the group's: cancelling that one cancels the task.
  void start(asio::awaitable<void> task) {
    const auto in = std::make_shared<detail::race>(scope_->child(), false);
    const auto out = std::make_shared<detail::result_slot<void>>();
    running end(shared_from_this(), in, out);
    detail::start_race<void> starting(in, std::move(task), out, false);
    starting(std::move(end));
  }

  void ended(std::exception_ptr error) {
    --running_;
    if (error && !first_ && !scope_->cancelled())
      first_ = error;
    if (error)
      scope_->cancel(errc::cancelled);
    if (scope_->cancelled())
      waiting_.clear();
    else
      start_some();
    wake();
  }

  void wake() {
    if (!joiner_ || running_ != 0 || !waiting_.empty())
      return;
    auto handler = std::move(*joiner_);
    joiner_.reset();
    asio::get_associated_cancellation_slot(handler).clear();
    post_handler(executor(scope_), std::move(handler));
  }

  std::size_t limit_;
  std::size_t running_ = 0;
  std::shared_ptr<scope> scope_;
  std::deque<asio::awaitable<void>> waiting_;
  std::optional<asio::any_completion_handler<void()>> joiner_;
  std::exception_ptr first_;
};

group::group(std::size_t limit) : state_(std::make_shared<state>(limit)) {}

group::group(asio::any_io_executor ex, std::size_t limit) : group(limit) { state_->bind(ex); }

group::group(group&&) noexcept = default;

group& group::operator=(group&& other) noexcept {
  if (this != &other) {
    if (state_)
      state_->cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

group::~group() {
  if (state_)
    state_->cancel();
}

void group::spawn(asio::awaitable<void> task) { state_->add(std::move(task)); }

void group::cancel() noexcept { state_->cancel(); }

std::size_t group::size() const noexcept { return state_->size(); }

asio::awaitable<void> group::join() {
  auto s = state_;
  s->bind(co_await asio::this_coro::executor);
  auto start = [&s](auto&& handler) {
    s->wait(asio::any_completion_handler<void()>(std::forward<decltype(handler)>(handler)));
  };
  // A cancelled join still waits for the tasks; it throws afterwards.
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
  co_await asio::this_coro::throw_if_cancelled(true);
  s->conclude();
}

} // namespace weir::inline v0
