#include <weir/core/backoff.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include <weir/core/executor.hpp>
#include <weir/core/random.hpp>

namespace weir::inline v0 {

namespace asio = boost::asio;

duration backoff::ceiling(unsigned attempt) const noexcept {
  const unsigned doublings = attempt > 0 ? attempt - 1 : 0;
  duration d = base_;
  for (unsigned i = 0; i < doublings && d < cap_; ++i)
    d = d > cap_ / 2 ? cap_ : d * 2;
  return std::min(d, cap_);
}

duration backoff::delay(unsigned attempt, double random, std::optional<duration> retry_after) const noexcept {
  const auto share = [random](duration d) {
    return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * random));
  };
  const duration own = share(ceiling(attempt));
  if (!retry_after || *retry_after <= duration::zero())
    return own;
  const duration spread = std::min<duration>(*retry_after / 10, std::chrono::seconds(1));
  const duration floor = *retry_after > duration::max() - spread ? *retry_after : *retry_after + share(spread);
  return std::max(own, floor);
}

namespace {

class start_wait {
public:
  start_wait(asio::any_io_executor ex, time_point when) : ex_(std::move(ex)), when_(when) {}
  template <class Handler>
  void operator()(Handler&& handler) {
    time_of(ex_).async_wait(ex_, when_, std::forward<Handler>(handler));
  }

private:
  asio::any_io_executor ex_;
  time_point when_;
};

asio::awaitable<void> wait_until(asio::any_io_executor ex, time_point when) {
  start_wait start(std::move(ex), when);
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(std::move(start), asio::use_awaitable);
}

} // namespace

asio::awaitable<void> sleep_for(duration d) {
  const auto ex = co_await asio::this_coro::executor;
  const auto when = after(time_of(ex).now(), d);
  const auto limit = scope_of(ex)->deadline();
  co_await wait_until(ex, std::min(when, limit));
  if (when > limit)
    throw error(errc::deadline_exceeded, "the deadline was reached while waiting");
}

asio::awaitable<void> pause(unsigned attempt, std::optional<duration> retry_after) {
  const auto ex = co_await asio::this_coro::executor;
  const auto in = scope_of(ex);
  const auto wait = in->retry_backoff().delay(attempt, random_uniform(ex), retry_after);
  const auto when = after(time_of(ex).now(), wait);
  if (when >= in->deadline()) {
    failure f(errc::deadline_exceeded, "the wait before the next try would end after the deadline");
    f.retry_after(wait);
    throw error(std::move(f));
  }
  co_await wait_until(ex, when);
}

} // namespace weir::inline v0
