// One request and its response over a connection of HTTP/1.1.
#pragma once

#include "core/async/ration.hpp"
#include "http/exchange/exchange.hpp"
#include "http/exchange/read_buffer.hpp"
#include "http/response/response_reader.hpp"

namespace weir::inline v0::http {

/// Over a connected stream. After an error or a cancellation the connection must be closed.
///
/// Object lifetimes: shares the stream; once that was closed nothing may be called any more.
class h1_exchange final : public exchange {
public:
  explicit h1_exchange(std::shared_ptr<net::stream> stream, reader_limits limits = {})
      : exchange(stream), stream_(std::move(stream)), reader_(limits) {}
  /// Over a stream that outlives the exchange and its waits.
  explicit h1_exchange(net::stream& stream, reader_limits limits = {})
      : h1_exchange(std::shared_ptr<net::stream>(std::shared_ptr<void>(), &stream), limits) {}

  boost::asio::awaitable<response_head> send(std::shared_ptr<const request> r) override;
  std::optional<std::string_view> try_body() override;
  bool overdue() noexcept override { return ration_.used_up(sent_ + received_); }

  bool reusable() const noexcept override;
  bool close_delimited() const noexcept override { return reader_.close_delimited(); }
  int status() const noexcept override { return status_; }
  std::uint64_t bytes_sent() const noexcept override { return sent_; }
  bool request_sent() const noexcept override { return request_sent_; }
  bool response_started() const noexcept override { return reader_.started(); }
  std::uint64_t bytes_received() const noexcept override { return received_; }

private:
  enum class readiness { read, write, either };
  class start_either;
  void begin_wait(wait_handler handler) override;
  bool ended() const noexcept override { return failed_ || reader_.done(); }
  void abandon() noexcept override { failed_ = true; }
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
