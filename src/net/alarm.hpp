// A callback at an instant, on the context's time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <functional>
#include <memory>

#include <weir/core/time.hpp>

namespace weir::net {

/// One instant at a time. Keeps the context running until it is reached or cancelled.
/// Object lifetimes: destroying it cancels it; may outlive the context. Thread safety: none; one strand.
class alarm {
public:
  alarm() = default;
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;
  ~alarm() { cancel(); }

  /// Calls `then` at `when`, in place of what was set before, and never inline.
  void set(time_source& time, boost::asio::any_io_executor ex, time_point when, std::function<void()> then);
  void cancel() noexcept;
  /// When it will call; `never` if it is not set.
  time_point at() const noexcept {
    const auto waiting = pending_.lock();
    return waiting && waiting->then ? at_ : never;
  }

private:
  class wait {
  public:
    explicit wait(std::function<void()> t) : then(std::move(t)) {}
    std::function<void()> then;
    boost::asio::cancellation_signal cancelled;
  };
  // Owned by its handler: when the context has destroyed that, there is nothing to cancel.
  std::weak_ptr<wait> pending_;
  time_point at_ = never;
};

} // namespace weir::net
