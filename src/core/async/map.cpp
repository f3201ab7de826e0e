#include <weir/core/map.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/async/alarm.hpp"
#include "core/async/executor_kind.hpp"
#include "core/async/post_handler.hpp"

namespace weir::inline v0::detail {

namespace asio = boost::asio;

namespace {

asio::awaitable<bool> was_cancelled() {
  const auto now = co_await asio::this_coro::cancellation_state;
  co_return now.cancelled() != asio::cancellation_type::none;
}

} // namespace

/// One task that runs, as its completion handler sees it.
class fan_out::running {
public:
  explicit running(std::shared_ptr<fan_out> f) : owner_(std::move(f)) {}
  void body_done() { owner_->ended(out->error); }
  void abandon() noexcept { owner_->abandon(); }

  const std::shared_ptr<result_slot<void>> out = std::make_shared<result_slot<void>>();

private:
  std::shared_ptr<fan_out> owner_;
};

class fan_out::reading {
public:
  explicit reading(fan_out& f) : owner_(f) {
    if (std::exchange(f.reading_, true))
      throw error(errc::invalid_argument,
                  "this mapping is being read already: one coroutine at a time may await its next() or stop()");
  }
  reading(const reading&) = delete;
  reading& operator=(const reading&) = delete;
  ~reading() { owner_.reading_ = false; }

private:
  fan_out& owner_;
};

fan_out::fan_out(std::size_t limit) : limit_(limit), deadline_(std::make_unique<alarm>()) {
  if (limit == 0)
    throw error(errc::invalid_argument,
                "map() with a limit of 0 would never start a call: let at least 1 run at a time");
}

fan_out::~fan_out() = default;

bool fan_out::has_room() const noexcept { return open_ && !scope_->cancelled() && held() < limit_; }

void fan_out::fail(std::exception_ptr why) noexcept {
  open_ = false;
  if (!error_)
    error_ = std::move(why);
}

failure fan_out::not_started() const { return failure(scope_->reason(), "not started: the mapping had ended"); }

void fan_out::spawn(asio::awaitable<void> task) {
  const auto r = std::make_shared<running>(shared_from_this());
  ++running_;
  try {
    asio::co_spawn(asio::any_io_executor(executor(scope_)), run_to_slot<void>(std::move(task), r->out),
                   spawned_end<running>(r));
  } catch (...) {
    --running_;
    throw;
  }
}

void fan_out::ended(const std::exception_ptr& error) {
  --running_;
  if (error)
    fail(error);
  if (running_ == 0 && !open_)
    deadline_->cancel();
  wake();
}

void fan_out::abandon() noexcept { const auto waiting = std::exchange(consumer_, std::nullopt); }

void fan_out::drop() noexcept {
  dropped_ = true;
  deadline_->cancel();
  if (scope_)
    scope_->cancel(errc::cancelled);
}

void fan_out::enter(const asio::any_io_executor& ex) {
  const auto& own = plain(ex);
  if (kind_of(own) == executor_kind::many_threads)
    throw error(errc::wrong_executor, "the threads of this executor would work on one mapping at the same time: await "
                                      "its next() on a strand, such as asio::make_strand(pool)");
  if (scope_) {
    if (!same_serial(own, scope_->inner()))
      throw error(errc::wrong_executor, "this mapping belongs to another strand (or executor), that of its first "
                                        "next(): await it there");
    return;
  }
  scope_ = scope_of(ex)->child();
  // The scope's own timer may be gone before the calls are: that of a within() around the first next().
  if (scope_->deadline() != never) {
    const asio::any_io_executor in{executor(scope_)};
    deadline_->set(time_of(in), in, scope_->deadline(), [this] { scope_->cancel(errc::deadline_exceeded); });
  }
}

asio::awaitable<bool> fan_out::ready() {
  const auto self = shared_from_this();
  const reading alone(*this);
  const auto ex = co_await asio::this_coro::executor;
  enter(ex);
  // A consumer that was cancelled already and goes on all the same cleans up.
  const bool before = co_await was_cancelled();
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  refill();
  if (!has_result() && running_ != 0)
    co_await wait(false);
  const bool after = co_await was_cancelled();
  const bool cancelled = after && !before;
  if (cancelled)
    co_await cancel_all();
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (cancelled || dropped_)
    throw error(errc::cancelled, "cancelled");
  const bool more = has_result();
  if (!more)
    conclude();
  co_return more;
}

asio::awaitable<void> fan_out::stop() {
  const auto self = shared_from_this();
  const reading alone(*this);
  const auto ex = co_await asio::this_coro::executor;
  enter(ex);
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await cancel_all();
  co_await asio::this_coro::throw_if_cancelled(throws);
}

asio::awaitable<void> fan_out::cancel_all() {
  scope_->cancel(errc::cancelled);
  while (running_ != 0)
    co_await wait(true);
  open_ = false;
  deadline_->cancel();
}

asio::awaitable<void> fan_out::wait(bool for_all) {
  auto start = [this, for_all](auto&& handler) {
    park(asio::any_completion_handler<void()>(std::forward<decltype(handler)>(handler)), for_all);
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
}

void fan_out::park(asio::any_completion_handler<void()> consumer, bool for_all) {
  for_all_ = for_all;
  auto slot = asio::get_associated_cancellation_slot(consumer);
  if (slot.is_connected())
    slot.assign([weak = weak_from_this()](asio::cancellation_type) {
      if (const auto self = weak.lock())
        self->scope_->cancel(errc::cancelled);
    });
  consumer_.emplace(std::move(consumer));
  wake();
}

void fan_out::wake() {
  if (!consumer_ || (running_ != 0 && (for_all_ || !has_result())))
    return;
  auto handler = std::move(*consumer_);
  consumer_.reset();
  asio::get_associated_cancellation_slot(handler).clear();
  post_handler(executor(scope_), std::move(handler));
}

void fan_out::conclude() {
  deadline_->cancel();
  if (const auto why = std::exchange(error_, nullptr))
    std::rethrow_exception(why);
  if (!std::exchange(open_, false))
    return;
  if (scope_->reason() == errc::deadline_exceeded)
    throw error(errc::deadline_exceeded, "the deadline was reached before the end of the input");
  throw error(errc::cancelled, "cancelled before the end of the input");
}

} // namespace weir::inline v0::detail
