#include "net/wait.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::inline v0::net {

namespace asio = boost::asio;

namespace {

class start_wait {
public:
  start_wait(stream& s, direction d) : stream_(s), direction_(d) {}
  template <class Handler>
  void operator()(Handler&& handler) {
    stream_.async_wait(direction_, stream::wait_handler(std::forward<Handler>(handler)));
  }

private:
  stream& stream_;
  direction direction_;
};

} // namespace

asio::awaitable<void> ready(stream& s, direction d) {
  start_wait start(s, d);
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(std::move(start), asio::use_awaitable);
}

asio::awaitable<void> wakeup::wait() {
  if (!set_) {
    error_code ec;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (!set_)
      throw boost::system::system_error(asio::error::operation_aborted);
  }
  set_ = false;
}

void wakeup::set() {
  set_ = true;
  timer_.cancel();
}

} // namespace weir::inline v0::net
