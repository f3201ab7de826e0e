#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

#include "http/exchange/either.hpp"
#include "http/exchange/h1_exchange.hpp"
#include "http/message/writer.hpp"
#include "net/dial/forwarded_stream.hpp"
#include "net/dial/proxy.hpp"

namespace weir::inline v0::http {

namespace asio = boost::asio;

class h1_exchange::start_either {
public:
  start_either(std::shared_ptr<net::stream> s, readiness r) : stream_(std::move(s)), readiness_(r) {}
  template <class Handler>
  void operator()(Handler&& handler) {
    if (readiness_ == readiness::either)
      async_wait_either(std::move(stream_), std::forward<Handler>(handler));
    else
      net::wait_sharing(std::move(stream_),
                        readiness_ == readiness::read ? net::direction::read : net::direction::write,
                        std::forward<Handler>(handler));
  }

private:
  std::shared_ptr<net::stream> stream_;
  readiness readiness_;
};

void h1_exchange::begin_wait(wait_handler handler) {
  ration_.renew(sent_ + received_);
  stream_->async_wait(net::direction::read, std::move(handler));
}

asio::awaitable<void> h1_exchange::wait(readiness r) {
  ration_.renew(sent_ + received_);
  return asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(start_either(stream_, r),
                                                                               asio::use_awaitable);
}

asio::awaitable<response_head> h1_exchange::send(std::shared_ptr<const request> r) {
  const auto* via = net::forwarding_of(*stream_);
  request_bytes bytes(*r, via);
  // Until the head is there: a cancellation leaves half a request behind.
  failed_ = true;
  bool taken = co_await write_all(bytes.first());
  bytes.cleanse();
  if (taken)
    taken = co_await write_all(bytes.second());
  request_sent_ = taken;
  while (!reader_.has_head()) {
    if (begin_ != end_)
      next_piece();
    else if (!fill())
      co_await wait(readiness::read);
  }
  if (via && status_ == 407)
    net::throw_unauthorized(via->proxy, static_cast<bool>(via->basic));
  failed_ = false;
  co_return reader_.take_head();
}

// False if the peer takes no more of the request, or has refused it already.
asio::awaitable<bool> h1_exchange::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    error_code ec;
    if (overdue())
      co_await give_way();
    const auto n = stream_->write_some(asio::buffer(bytes), ec);
    sent_ += n;
    bytes.remove_prefix(n);
    if (ec && ec != asio::error::would_block)
      co_return false;
    if (!ec)
      continue;
    if (answered_early())
      co_return false;
    // With a head in hand, what follows it stays unread, and a wait for it would end at once.
    co_await wait(reader_.has_head() ? readiness::write : readiness::either);
  }
  co_return true;
}

// Whether the final head has arrived and is a refusal: the peer may then never read the rest.
bool h1_exchange::answered_early() {
  while (!reader_.has_head()) {
    if (begin_ != end_)
      next_piece();
    else if (!fill())
      return false;
  }
  return status_ >= 300;
}

// Reads into the empty buffer; false on would_block.
bool h1_exchange::fill() {
  buffer_.take();
  error_code ec;
  begin_ = 0;
  end_ = stream_->read_some(asio::buffer(buffer_.data(), read_buffer::size), ec);
  received_ += end_;
  if (!ec)
    return true;
  buffer_.give_back();
  if (ec == asio::error::would_block)
    return false;
  if (ec != asio::error::eof)
    lost(ec);
  reader_.finish(ec);
  if (ec)
    refused(ec);
  return true;
}

// Takes from the buffer up to the end of the head or of one piece of the body.
std::string_view h1_exchange::next_piece() {
  std::string_view piece;
  while (begin_ != end_ && piece.empty() && !reader_.done()) {
    error_code ec;
    begin_ += reader_.next(std::string_view(buffer_.data() + begin_, end_ - begin_), piece, ec);
    if (reader_.has_head() && status_ == 0) {
      status_ = reader_.head().status;
      if (!ec)
        break;
    }
    if (ec)
      refused(ec);
  }
  return piece;
}

std::optional<std::string_view> h1_exchange::try_body() {
  while (!reader_.done()) {
    if (begin_ != end_) {
      if (const auto piece = next_piece(); !piece.empty())
        return piece;
    } else if (!fill()) {
      return std::nullopt;
    }
  }
  return std::string_view();
}

bool h1_exchange::reusable() const noexcept {
  return reader_.reusable() && request_sent_ && !failed_ && begin_ == end_;
}

void h1_exchange::lost(error_code ec) {
  failed_ = true;
  std::string text = reader_.has_head()  ? "the connection broke within the response"
                     : reader_.started() ? "the connection broke within the head of the response"
                     : request_sent_     ? "the connection broke before a response began"
                                         : "the connection broke before the request was sent";
  throw error(failure(errc::connection_lost, text + ": " + ec.message()).status(status_));
}

void h1_exchange::refused(error_code ec) {
  failed_ = true;
  throw error(refusal_of(ec, reader_.problem(), reader_.head().headers.get("content-encoding"), status_));
}

} // namespace weir::inline v0::http
