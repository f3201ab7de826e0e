// One request and its response over a connection of HTTP/2.
#pragma once

#include <memory>

#include "core/async/ration.hpp"
#include "http/exchange/exchange.hpp"
#include "http/h2/connection.hpp"
#include "http/response/response_reader.hpp"

namespace weir::inline v0::http::h2 {

/// Destroying it resets the stream at once if the response is not over; the connection goes on.
class exchange final : public http::exchange {
public:
  explicit exchange(std::shared_ptr<connection> on, const reader_limits& limits = {})
      : exchange(std::move(on), std::make_shared<waited_transfer>(limits)) {}
  ~exchange() override { on_->leave(*transfer_); }

  boost::asio::awaitable<response_head> send(std::shared_ptr<const request> r) override;
  std::optional<std::string_view> try_body() override;
  bool overdue() noexcept override { return ration_.used_up(taken_); }

  bool reusable() const noexcept override { return given_ && !abandoned_ && request_sent(); }
  bool close_delimited() const noexcept override { return false; }
  int status() const noexcept override { return transfer_->status(); }
  std::uint64_t bytes_sent() const noexcept override { return transfer_->bytes_sent(); }
  bool request_sent() const noexcept override { return on_->request_sent(*transfer_); }
  bool response_started() const noexcept override { return transfer_->seen(); }
  bool unprocessed() const noexcept override { return transfer_->unprocessed(); }
  std::uint64_t bytes_received() const noexcept override { return transfer_->bytes_received(); }

private:
  exchange(std::shared_ptr<connection> on, std::shared_ptr<waited_transfer> t)
      : http::exchange(t), on_(std::move(on)), transfer_(std::move(t)) {}
  void begin_wait(wait_handler handler) override;
  bool ended() const noexcept override { return given_ || abandoned_; }
  void abandon() noexcept override { abandoned_ = true; }
  [[noreturn]] void failed() const;

  std::shared_ptr<connection> on_;
  std::shared_ptr<waited_transfer> transfer_;
  ration ration_;
  std::uint64_t taken_ = 0;
  bool given_ = false; // the whole body
  bool abandoned_ = false;
};

} // namespace weir::inline v0::http::h2
