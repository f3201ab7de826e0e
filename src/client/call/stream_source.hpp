// A streamed answer at work: bytes to events, clocks, and the end in every form.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/executor.hpp>
#include <weir/task/reply.hpp>

#include "client/transport/stream_body.hpp"
#include "client/transport/transport.hpp"
#include "core/async/alarm.hpp"
#include "http/exchange/stream_clock.hpp"
#include "provider/response/redaction.hpp"

namespace weir {

/// Shared by the reply and a next() in flight, so that dropping the reply while it waits is
/// safe: the wait ends, and the coroutine finds the reply ended.
class stream_source final : public reply::source,
                            public std::enable_shared_from_this<stream_source>,
                            private cancel_hook {
public:
  stream_source(std::shared_ptr<transport> via, std::shared_ptr<scope> in, open_call call,
                std::unique_ptr<provider::decoder> decoder, std::shared_ptr<weir::attempt> record, time_point begin,
                bool keep_raw);
  ~stream_source() override;

  boost::asio::awaitable<std::optional<event>> next() override;
  boost::asio::awaitable<bool> ready() override;
  void end_by(errc reason) noexcept override;
  /// Arms the clocks and hooks into the scope. Once, after construction.
  void begin();
  /// Nothing but the first event tells that this is an answer: wait for it (ready()) before anybody is given it.
  bool is_doubtful() const noexcept { return body_.is_doubtful(); }

  weir::outcome outcome() const noexcept override;
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return usage_; }
  const std::string& finish_reason() const noexcept override { return finish_reason_; }
  const answer_info& info() const noexcept override { return info_ ? *info_ : decoder_->info(); }
  const weir::attempt& attempt() const noexcept override { return *record_; }

private:
  void on_cancel(errc reason) noexcept override {
    const auto self = weak_from_this().lock(); // a listener may let go of the last reply
    end_by(reason);
  }

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
  void fail(std::exception_ptr why);
  void arm(time_point when);
  void on_timer();

  std::shared_ptr<transport> via_;
  std::shared_ptr<scope> scope_;
  boost::asio::any_io_executor executor_;
  time_source& time_;
  open_call call_;
  std::unique_ptr<provider::decoder> decoder_;
  std::shared_ptr<weir::attempt> record_;
  time_point begin_;
  time_point last_read_;
  time_point last_token_{}; // the read that brought one
  http::stream_clock clock_;
  alarm timer_;
  stream_body body_;
  std::vector<event> queue_;
  std::size_t head_ = 0; // the next event of queue_
  bool noted_ = false;   // it has been looked at
  bool reading_ = false; // next() or ready() is awaited
  const bool keeps_raw_;
  std::optional<provider::redaction> hidden_;
  std::optional<answer_info> info_; // where the decoder's has the key in it
  bool settling_ = false;
  time_point settle_until_ = never;
  bool ended_ = false;
  weir::outcome outcome_ = weir::outcome::truncated;
  weir::failure failure_;
  weir::usage usage_;
  std::string finish_reason_;
};

} // namespace weir
