// A streamed answer in progress: bytes to events, timeouts, and every way in which it can end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/executor.hpp>
#include <weir/task/reply.hpp>

#include "client/call/source_state.hpp"
#include "client/transport/stream_body.hpp"
#include "client/transport/transport.hpp"
#include "core/async/alarm.hpp"
#include "http/exchange/stream_clock.hpp"
#include "provider/response/redaction.hpp"

namespace weir::inline v0 {

/// Shared by the reply and a next() in flight, so that dropping the reply while it waits is
/// safe: the wait ends, and the coroutine finds the reply ended.
class stream_source final : public source_state {
  class key {};

public:
  /// Makes one whose timeouts run, and that ends with its scope.
  static std::shared_ptr<stream_source> start(std::shared_ptr<scope> in, open_call_ptr call,
                                              std::unique_ptr<provider::decoder> decoder,
                                              std::shared_ptr<weir::attempt> record, time_point begin,
                                              const timeouts& limits, bool keep_raw);
  stream_source(key, std::shared_ptr<scope> in, open_call_ptr call, std::unique_ptr<provider::decoder> decoder,
                std::shared_ptr<weir::attempt> record, time_point begin, const timeouts& limits, bool keep_raw);
  ~stream_source() override;

  boost::asio::awaitable<std::optional<event>> next() override;
  boost::asio::awaitable<bool> ready() override;
  void end_by(errc reason) noexcept override;
  /// Only the first event can show that this is an answer: wait for it (ready()) before handing the reply out.
  bool is_doubtful() const noexcept { return body_.is_doubtful(); }

  weir::outcome outcome() const noexcept override;
  const answer_info& info() const noexcept override { return clean_info_ ? *clean_info_ : decoder_->info(); }

private:
  // The next event, or, to `peek`, nothing once it is there.
  boost::asio::awaitable<std::optional<event>> advance(bool peek);
  bool decode();
  bool read_some();
  boost::asio::awaitable<void> settle();
  void note(const event& e);
  void count(const event& e);
  void take(std::string_view piece);
  void end_of_plain();
  void read_event(const codec::sse_event& frame);
  void keep_raw(std::string_view json, std::size_t from);
  void hide_key(std::size_t from);
  std::string hidden(std::string text);
  std::string so_far() const;
  void last_event();
  void end_of_body();
  void finish(weir::outcome o, weir::failure f);
  void fail(const std::exception_ptr& why);
  void arm(time_point when);
  void on_timer();

  boost::asio::any_io_executor executor_;
  time_source& time_;
  const open_call_ptr call_;
  std::unique_ptr<provider::decoder> decoder_;
  time_point last_read_;
  time_point last_token_{}; // the read that brought one
  http::stream_clock clock_;
  alarm timer_;
  stream_body body_;
  std::vector<event> queue_;
  std::size_t head_ = 0; // the next event of queue_
  bool noted_ = false;   // it has been looked at
  const bool keeps_raw_;
  std::optional<provider::redaction> hidden_;
  std::optional<answer_info> clean_info_; // where the decoder's has the key in it
  bool settling_ = false;
  time_point settle_until_ = never;
};

} // namespace weir::inline v0
