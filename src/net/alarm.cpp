#include "net/alarm.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>

namespace weir::net {

namespace asio = boost::asio;

void alarm::set(time_source& time, asio::any_io_executor ex, time_point when, std::function<void()> then) {
  cancel();
  const auto next = std::make_shared<wait>(std::move(then));
  auto fired = [next](error_code) {
    if (const auto call = std::exchange(next->then, nullptr))
      call();
  };
  at_ = when;
  pending_ = next;
  time.async_wait(ex, when,
                  asio::bind_cancellation_slot(next->cancelled.slot(), asio::bind_executor(ex, std::move(fired))));
}

void alarm::cancel() noexcept {
  const auto waited = pending_.lock();
  pending_.reset();
  if (!waited)
    return;
  waited->then = nullptr;
  waited->cancelled.emit(asio::cancellation_type::terminal);
}

} // namespace weir::net
