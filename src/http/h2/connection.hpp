// A session over a connected stream, and who waits for its transfers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <functional>
#include <memory>
#include <optional>

#include <weir/core/time.hpp>
#include <weir/net/stream.hpp>

#include "core/async/alarm.hpp"
#include "core/async/shutdown_hook.hpp"
#include "http/h2/session.hpp"
#include "net/pool/carrier.hpp"
#include "net/shared_stream.hpp"

namespace weir::inline v0::http::h2 {

/// A transfer that one party at a time waits for.
class waited_transfer final : public transfer, public std::enable_shared_from_this<waited_transfer> {
public:
  using transfer::transfer;

private:
  friend class connection;
  std::optional<net::stream::wait_handler> handler_;
  waited_transfer* prev_waited_ = nullptr;
  waited_transfer* next_waited_ = nullptr;
};

/// One reader and one writer for all transfers; a transfer's own waits cost the system nothing.
///
/// It waits for its peer only while transfers are open. Handlers of waits are called on the connection's executor, the
/// strand of everybody who uses it, from its own handlers and never from within a call.
///
/// Object lifetimes: shared by the exchanges, and by its own waits. Thread safety: none; one strand.
class connection final : public net::carrier, public std::enable_shared_from_this<connection>, private shutdown_hook {
public:
  class trouble {
  public:
    trouble() = default;
    bool silent = false;      ///< It fell silent while requests were open.
    bool requires_h1 = false; ///< The server wants HTTP/1.1.
  };
  /// Told once, when either is found.
  using troubled = std::function<void(const trouble&)>;

  static std::shared_ptr<connection> make(net::shared_stream over, const boost::asio::any_io_executor& ex,
                                          session_settings settings = session_settings(), troubled tell = troubled());
  connection(net::shared_stream over, const boost::asio::any_io_executor& ex, session_settings settings, troubled tell);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() override;

  std::size_t capacity() const noexcept override { return session_.capacity(); }
  bool healthy() noexcept override;
  void close() noexcept override;
  void watch(std::function<void()> changed) noexcept override;

  /// See session::open().
  void open(waited_transfer& t, std::shared_ptr<const request> r);
  std::optional<std::string_view> take(waited_transfer& t);
  bool request_sent(const transfer& t) const noexcept { return session_.request_sent(t); }
  /// Completes when there is more of the transfer. Cancellation: terminal, partial and total.
  void wait(waited_transfer& t, net::stream::wait_handler handler);
  /// See session::leave(). A wait ends with operation_aborted.
  void leave(waited_transfer& t) noexcept;

private:
  void on_shutdown() noexcept override;
  void read() noexcept;
  void flush() noexcept;
  void broken(error_code ec) noexcept;
  void settle();
  void settle_soon() noexcept;
  void deliver();
  void tell();
  void watch_peer() noexcept;
  void set_alarm();
  void wait_for(net::direction d) noexcept;
  void begin_wait(net::direction d);
  void unlist(waited_transfer& t) noexcept;
  net::stream::wait_handler take_handler(waited_transfer& t) noexcept;
  void abort_wait(waited_transfer& t) noexcept;

  const boost::asio::any_io_executor executor_;
  time_source& time_;
  net::shared_stream stream_;
  session session_;
  alarm alarm_;
  boost::asio::cancellation_signal stop_reading_;
  std::function<void()> changed_;
  troubled tell_;
  std::size_t told_capacity_;
  waited_transfer* waited_ = nullptr;
  bool reading_ = false; // a wait is pending
  bool writing_ = false;
  bool read_more_ = false; // the peer had more than a ration
  bool settling_ = false;
  bool soon_ = false; // a call of settle() is on its way
};

} // namespace weir::inline v0::http::h2
