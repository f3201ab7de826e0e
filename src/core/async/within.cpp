#include <weir/core/within.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>

#include <new>

#include "core/async/post_handler.hpp"

namespace weir::inline v0::detail {

namespace asio = boost::asio;

namespace {

// The timer's hold on the race. Destroyed with a handler that was never called, when the
// context goes, it lets go of the waiting coroutine as the body's does: the body may have
// reported already.
class timer_hold {
public:
  explicit timer_hold(std::shared_ptr<race> owner) noexcept : owner_(std::move(owner)) {}
  timer_hold(timer_hold&&) noexcept = default;
  timer_hold& operator=(timer_hold&&) = delete;
  ~timer_hold() {
    if (owner_)
      owner_->abandon();
  }
  std::shared_ptr<race> release() noexcept { return std::exchange(owner_, nullptr); }

private:
  std::shared_ptr<race> owner_;
};

} // namespace

void race::start(bool timed, done_handler done) {
  pending_ = 1;
  // Kept last: the handler owns the frame that owns this, and must not stay where any of it fails.
  if (!shielded_) {
    // Erase first, then take the slot: the erased handler would replace it.
    auto slot = asio::get_associated_cancellation_slot(done);
    if (slot.is_connected())
      slot.assign([weak = weak_from_this()](asio::cancellation_type) {
        if (auto r = weak.lock())
          r->scope_->cancel(errc::cancelled);
      });
  }
  if (timed) {
    const asio::any_io_executor ex{executor(scope_)};
    auto fired = [hold = timer_hold(shared_from_this())](error_code ec) mutable {
      const auto self = hold.release();
      if (!ec)
        self->scope_->cancel(errc::deadline_exceeded);
      self->finish_one();
    };
    time_of(ex).async_wait(
        ex, scope_->deadline(),
        asio::bind_cancellation_slot(timer_signal_.slot(), asio::bind_executor(ex, std::move(fired))));
    ++pending_;
  }
  done_.emplace(std::move(done));
  scope_->attach(*this);
}

void race::forsake() noexcept {
  unlink();
  timer_signal_.emit(asio::cancellation_type::terminal);
  abandon();
}

void race::on_cancel(errc) noexcept {
  // Abandoned, while the context is destroyed: the body's slot leads to what went with its frames.
  if (!done_)
    return;
  // Where this is not called by a handler, Boost 1.81's co_spawn emits later, into a signal that may be gone then.
  const auto tell = [self = shared_from_this()] {
    if (self->done_)
      self->body_signal_.emit(asio::cancellation_type::terminal);
  };
  try {
    asio::dispatch(scope_->inner(), tell);
    return;
  } catch (const std::bad_alloc&) {
  }
  // There may be memory now. If not, the body runs on to its own end.
  try {
    tell();
  } catch (const std::bad_alloc&) {
  }
}

void race::body_done() {
  unlink();
  timer_signal_.emit(asio::cancellation_type::terminal);
  finish_one();
}

void race::started() {
  initiating_ = false;
  if (scope_->cancelled())
    body_signal_.emit(asio::cancellation_type::terminal);
}

void race::finish_one() {
  if (--pending_ != 0 || !done_)
    return;
  // Out of the shared state before it is called: the frame it resumes may be the last owner.
  done_handler done = std::move(*done_);
  done_.reset();
  asio::get_associated_cancellation_slot(done).clear();
  if (initiating_) {
    post_handler(executor(scope_), std::move(done));
    return;
  }
  std::move(done)();
}

void rethrow_translated(errc verdict, std::exception_ptr error) {
  if (verdict == errc::deadline_exceeded || verdict == errc::cancelled) {
    try {
      std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
      // Only what our own cancellation caused is translated; a real failure that came
      // first is the body's own result.
      if (e.code() != asio::error::operation_aborted && e.code() != errc::cancelled)
        throw;
    }
    throw weir::error(verdict, verdict == errc::cancelled ? "cancelled" : "the deadline was reached");
  }
  std::rethrow_exception(error);
}

} // namespace weir::inline v0::detail
