// A wait on the time source that can be moved and cancelled.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <utility>

#include <weir/core/time.hpp>

namespace weir::inline v0 {

/// At most one pending wait. Each has a cancellation signal of its own: the handler of a
/// wait that was cancelled clears its slot when it is destroyed, which may be after the next
/// one has begun.
///
/// Object lifetimes: destroying it cancels the wait; may outlive the context. Thread safety: none; one strand.
class alarm {
public:
  alarm() = default;
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;
  ~alarm() { cancel(); }

  /// Calls `fired()` at `when`, unless cancel() or set() comes first.
  template <class F>
  void set(time_source& time, const boost::asio::any_io_executor& ex, time_point when, F fired) {
    cancel();
    const auto next = std::make_shared<wait>();
    next->owner = this;
    pending_ = next;
    when_ = when;
    auto handler = [mine = next, fired = std::move(fired)](error_code ec) mutable {
      if (ec || !mine->owner)
        return;
      mine->owner->pending_.reset();
      mine->owner->when_ = never;
      fired();
    };
    time.async_wait(
        ex, when,
        boost::asio::bind_cancellation_slot(next->signal.slot(), boost::asio::bind_executor(ex, std::move(handler))));
  }

  void cancel() noexcept {
    when_ = never;
    if (const auto mine = std::exchange(pending_, {}).lock()) {
      mine->owner = nullptr;
      mine->signal.emit(boost::asio::cancellation_type::terminal);
    }
  }

  /// When it will fire; `never` if it is not set.
  time_point when() const noexcept { return when_; }

private:
  class wait {
  public:
    wait() = default;
    boost::asio::cancellation_signal signal;
    alarm* owner = nullptr;
  };

  std::weak_ptr<wait> pending_; // Its handler's: when the context has destroyed that, there is nothing to cancel.
  time_point when_ = never;
};

} // namespace weir::inline v0
