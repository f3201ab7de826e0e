// One request and its response, whatever version of HTTP carries them.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <weir/net/stream.hpp>

#include "http/message/types.hpp"
#include "net/shared_stream.hpp"

namespace weir::inline v0::http {

/// One request: send() once, then the body piece by piece. Redirects are responses like any other.
///
/// Errors, thrown as weir::error: connection_lost (failure::message() tells how far the response had come),
/// malformed_response, response_too_large, unexpected_content, and those of the writer, which are thrown before
/// anything is sent. Cancellation: terminal, at every wait. No wait has a deadline of its own: run it within() one.
/// After an error or a cancellation nothing but the accessors may be called.
///
/// Loops that a fast peer keeps busy yield, once in a ration.
///
/// Object lifetimes: shares what it waits on, and so do its pending waits; destroying it ends the request if it is not
/// over. Thread safety: none; one strand.
class exchange {
public:
  using wait_handler = net::stream::wait_handler;

  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  virtual ~exchange() = default;

  /// Sends the request and reads the final head. A response that arrives before the request was fully sent ends the
  /// sending if the peer no longer takes it. After errc::unexpected_content the status is available from status().
  virtual boost::asio::awaitable<response_head> send(std::shared_ptr<const request> r) = 0;

  /// The next piece of the body: a view that is valid until the next call; empty at the end.
  boost::asio::awaitable<std::string_view> read_some_body();
  /// The same without suspending; nullopt if it would have to wait: see async_wait().
  virtual std::optional<std::string_view> try_body() = 0;
  /// Completes when try_body() may make progress; never inline.
  /// Cancellation: terminal, partial and total.
  template <class Handler>
  void async_wait(Handler&& handler) {
    begin_wait(net::sharing_handler<std::decay_t<Handler>>(shared_, std::forward<Handler>(handler)));
  }
  /// Whether so much has been read since the last wait that others should run before more is read: see give_way(). True
  /// once per ration.
  virtual bool overdue() noexcept = 0;

  /// The rest of the body, of which the first `keep` bytes are kept: for errors. Gives up, and leaves the response
  /// unfinished, if more than another 64 KiB follow. For a response that must be complete `keep` must be at least the
  /// reader's limit, which then refuses what is longer.
  boost::asio::awaitable<std::string> read_body(std::size_t keep);
  /// Reads what is left of the response if it has arrived already, at most `limit` bytes, so that the connection can be
  /// reused. Never suspends or throws. \returns reusable()
  bool finish(std::size_t limit = 64u << 10) noexcept;

  /// The response is complete, its end is certain, nothing followed it and the request was fully sent: the connection
  /// can carry another one.
  virtual bool reusable() const noexcept = 0;
  /// Only the connection's end marked the end of the body: require a terminal signal.
  virtual bool close_delimited() const noexcept = 0;
  /// The status of the final head; 0 before.
  virtual int status() const noexcept = 0;
  virtual std::uint64_t bytes_sent() const noexcept = 0;
  virtual bool request_sent() const noexcept = 0;
  /// Whether any byte of a response has arrived. If not, and the connection was reused, the peer most likely closed it
  /// before it saw the request.
  virtual bool response_started() const noexcept = 0;
  /// After an error: the peer surely has not begun to work on the request. It may go to another connection, whatever it
  /// asks for.
  virtual bool unprocessed() const noexcept { return false; }
  /// Bytes that were read from the wire, head and framing included.
  virtual std::uint64_t bytes_received() const noexcept = 0;

protected:
  /// Begins an async_wait(), for async_initiate().
  class start_wait {
  public:
    explicit start_wait(exchange& e) : exchange_(&e) {}
    template <class Handler>
    void operator()(Handler&& handler) {
      exchange_->async_wait(std::forward<Handler>(handler));
    }

  private:
    exchange* exchange_;
  };

  /// `shared` lives as long as any wait.
  explicit exchange(std::shared_ptr<void> shared) : shared_(std::move(shared)) {}

  /// What is said of a response that is refused; `coding`: its content coding.
  static failure refusal_of(error_code ec, std::string_view problem, std::string_view coding, int status);

private:
  virtual void begin_wait(wait_handler handler) = 0;
  /// Whether the whole body was given; the exchange has not failed.
  virtual bool ended() const noexcept = 0;
  /// The response is not read to its end.
  virtual void abandon() noexcept = 0;

  std::shared_ptr<void> shared_;
};

} // namespace weir::inline v0::http
