// One request and its response over one connection.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <weir/net/stream.hpp>

#include "core/async/ration.hpp"
#include "http/exchange/read_buffer.hpp"
#include "http/message/types.hpp"
#include "http/response/response_reader.hpp"
#include "net/shared_stream.hpp"

namespace weir::inline v0::http {

/// One HTTP/1.1 request over a connected stream: send() once, then the body piece by piece.
///
/// Redirects are responses like any other. Errors, thrown as weir::error: connection_lost (failure::message() tells how
/// far the response had come), malformed_response, response_too_large, unexpected_content, and those of request_bytes,
/// which are thrown before anything is sent. After an error or a cancellation the connection must be closed.
/// Cancellation: terminal, at every wait. No wait has a deadline of its own: run it within() one.
///
/// Loops that a fast peer keeps busy yield, once in a ration.
///
/// Object lifetimes: shares the stream, and so do its pending waits; once the stream was closed nothing may be called
/// any more. Thread safety: none; one strand.
class exchange {
public:
  explicit exchange(std::shared_ptr<net::stream> stream, reader_limits limits = {})
      : stream_(std::move(stream)), reader_(limits) {}
  /// Over a stream that outlives the exchange and its waits.
  explicit exchange(net::stream& stream, reader_limits limits = {})
      : exchange(std::shared_ptr<net::stream>(std::shared_ptr<void>(), &stream), limits) {}
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// Sends the request and reads the final head. A response that arrives before the request was fully sent ends the
  /// sending if the peer no longer takes it. After errc::unexpected_content the status is available from status().
  boost::asio::awaitable<response_head> send(std::shared_ptr<const request> r);

  /// The next piece of the body: a view into the connection's buffer that is valid until the
  /// next call; empty at the end.
  boost::asio::awaitable<std::string_view> read_some_body();
  /// The same without suspending; nullopt if it would have to wait: see async_wait().
  std::optional<std::string_view> try_body();
  /// Completes when try_body() may make progress; never inline.
  /// Cancellation: terminal, partial and total.
  template <class Handler>
  void async_wait(Handler&& handler) {
    ration_.renew(sent_ + received_);
    net::wait_sharing(stream_, net::direction::read, std::forward<Handler>(handler));
  }
  /// Whether so much has been read since the last wait that others should run before more is read: see give_way(). True
  /// once per ration.
  bool overdue() noexcept { return ration_.used_up(sent_ + received_); }

  /// The rest of the body, of which the first `keep` bytes are kept: for errors. Gives up, and closes the connection,
  /// if more than another 64 KiB follow. For a response that must be complete `keep` must be at least the reader's
  /// limit, which then refuses what is longer.
  boost::asio::awaitable<std::string> read_body(std::size_t keep);
  /// Reads what is left of the response if it has arrived already, at most `limit` bytes, so that the connection can be
  /// reused. Never suspends or throws. \returns reusable()
  bool finish(std::size_t limit = 64u << 10) noexcept;

  /// The response is complete, its end is certain, nothing followed it and the request was fully sent: the connection
  /// can carry another one.
  bool reusable() const noexcept;
  /// Only the connection's end marked the end of the body: require a terminal signal.
  bool close_delimited() const noexcept { return reader_.close_delimited(); }
  /// The status of the final head; 0 before.
  int status() const noexcept { return status_; }
  std::uint64_t bytes_sent() const noexcept { return sent_; }
  bool request_sent() const noexcept { return request_sent_; }
  /// Whether any byte of a response has arrived. If not, and the connection was reused, the peer most likely closed it
  /// before it saw the request.
  bool response_started() const noexcept { return reader_.started(); }
  /// Bytes that were read from the wire, head and framing included.
  std::uint64_t bytes_received() const noexcept { return received_; }

private:
  enum class readiness { read, write, either };
  class start_wait;
  boost::asio::awaitable<void> wait(readiness r);
  boost::asio::awaitable<bool> write_all(std::string_view bytes);
  bool answered_early();
  bool fill();
  std::string_view next_piece();
  [[noreturn]] void lost(error_code ec);
  [[noreturn]] void refused(error_code ec);

  std::shared_ptr<net::stream> stream_;
  response_reader reader_;
  ration ration_;
  read_buffer buffer_; // held while begin_ != end_, and until the next read
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t sent_ = 0, received_ = 0;
  int status_ = 0;
  bool request_sent_ = false;
  bool failed_ = false;
};

} // namespace weir::inline v0::http
