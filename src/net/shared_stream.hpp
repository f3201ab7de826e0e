// A stream with one owner, shared by the waits on it.
#pragma once

#include <boost/asio/associator.hpp>

#include <memory>
#include <utility>

#include <weir/net/stream.hpp>

namespace weir::inline v0::net {

/// Closing a stream is one thing, destroying it another: an operation that waits on it has a cancellation slot that
/// leads into it until the wait has completed, and more than one party may cancel. So the owner's end closes the
/// stream, and the object is destroyed with the last pending wait: see wait_sharing().
class shared_stream {
public:
  shared_stream() = default;
  shared_stream(stream_ptr s) : stream_(std::move(s)) {}
  shared_stream(shared_stream&&) noexcept = default;
  shared_stream& operator=(shared_stream&& other) noexcept {
    if (this != &other) {
      close();
      stream_ = std::move(other.stream_);
    }
    return *this;
  }
  ~shared_stream() { close(); }

  explicit operator bool() const noexcept { return stream_ != nullptr; }
  stream& operator*() const noexcept { return *stream_; }
  stream* operator->() const noexcept { return stream_.get(); }
  const std::shared_ptr<stream>& share() const noexcept { return stream_; }
  /// Closes and releases it. Idempotent.
  void close() noexcept {
    if (const auto mine = std::exchange(stream_, nullptr))
      mine->close();
  }

private:
  std::shared_ptr<stream> stream_;
};

/// The handler of a wait, with its share of what is waited on.
template <class Handler>
class sharing_handler {
public:
  sharing_handler(std::shared_ptr<void> s, Handler h) : shared_(std::move(s)), handler_(std::move(h)) {}
  void operator()(error_code ec) { std::move(handler_)(ec); }
  const Handler& handler() const noexcept { return handler_; }

private:
  std::shared_ptr<void> shared_; // destroyed after the handler, whose frames may refer to it
  Handler handler_;
};

/// `s->async_wait(d, handler)`, where the stream lives until the handler has been called or destroyed.
template <class Handler>
void wait_sharing(std::shared_ptr<stream> s, direction d, Handler&& handler) {
  auto& waited = *s;
  waited.async_wait(d, sharing_handler<std::decay_t<Handler>>(std::move(s), std::forward<Handler>(handler)));
}

} // namespace weir::inline v0::net

template <template <typename, typename> class Associator, typename Handler, typename Default>
struct boost::asio::associator<Associator, weir::net::sharing_handler<Handler>, Default>
    : Associator<Handler, Default> {
  static decltype(auto) get(const weir::net::sharing_handler<Handler>& h) noexcept {
    return Associator<Handler, Default>::get(h.handler());
  }
  static decltype(auto) get(const weir::net::sharing_handler<Handler>& h, const Default& d) noexcept {
    return Associator<Handler, Default>::get(h.handler(), d);
  }
};
