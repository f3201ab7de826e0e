#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <utility>

#include "http/exchange/either.hpp"

namespace weir::inline v0::http {

namespace asio = boost::asio;

namespace {

class both_waits : public std::enable_shared_from_this<both_waits> {
public:
  both_waits(std::shared_ptr<net::stream> stream, net::stream::wait_handler handler)
      : stream_(std::move(stream)), handler_(std::move(handler)) {}

  void start() {
    if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
      slot.assign([weak = weak_from_this()](asio::cancellation_type type) {
        if (const auto self = weak.lock()) {
          self->read_.emit(type);
          self->write_.emit(type);
        }
      });
    wait(net::direction::read, read_, write_);
    wait(net::direction::write, write_, read_);
  }

private:
  void wait(net::direction d, asio::cancellation_signal& own, asio::cancellation_signal& other) {
    auto ended = [self = shared_from_this(), &other](error_code ec) { self->end(ec, other); };
    auto bound = asio::bind_executor(asio::get_associated_executor(handler_), std::move(ended));
    stream_->async_wait(d, asio::bind_cancellation_slot(own.slot(), std::move(bound)));
  }

  void end(error_code ec, asio::cancellation_signal& other) {
    if (--pending_ == 1) {
      first_ = ec;
      other.emit(asio::cancellation_type::terminal);
      return;
    }
    if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
      slot.clear();
    auto handler = std::move(handler_);
    std::move(handler)(first_);
  }

  std::shared_ptr<net::stream> stream_;
  net::stream::wait_handler handler_;
  asio::cancellation_signal read_, write_;
  error_code first_;
  int pending_ = 2;
};

} // namespace

void async_wait_either(std::shared_ptr<net::stream> stream, net::stream::wait_handler handler) {
  std::make_shared<both_waits>(std::move(stream), std::move(handler))->start();
}

} // namespace weir::inline v0::http
