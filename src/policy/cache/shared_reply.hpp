// One reader's reply of a call that several share.
#pragma once

#include <memory>
#include <string>

#include <weir/core/scope.hpp>
#include <weir/task/reply.hpp>

#include "core/async/alarm.hpp"
#include "policy/cache/flight.hpp"

namespace weir::inline v0 {

/// Reads a streamed flight from its beginning, at its own pace, within the deadline of its own scope.
/// Thread safety: none; the client's strand.
class shared_reply final : public reply::source,
                           public std::enable_shared_from_this<shared_reply>,
                           private cancel_hook {
  class key {};

public:
  /// `record`: of the reader's attempt, which the flight's own is if it has none of its own.
  static std::shared_ptr<shared_reply> start(std::unique_ptr<flight::reader> from, std::shared_ptr<scope> in,
                                             std::shared_ptr<weir::attempt> record, bool own_record);
  shared_reply(key, std::unique_ptr<flight::reader> from, std::shared_ptr<scope> in,
               std::shared_ptr<weir::attempt> record, bool own_record);

  boost::asio::awaitable<std::optional<event>> next() override;
  boost::asio::awaitable<bool> ready() override;
  void end_by(errc reason) noexcept override;

  weir::outcome outcome() const noexcept override;
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return of_->usage(); }
  const std::string& finish_reason() const noexcept override { return of_->finish_reason(); }
  const answer_info& info() const noexcept override { return of_->info(); }
  const weir::attempt& attempt() const noexcept override { return *record_; }

private:
  void on_cancel(errc reason) noexcept override;
  bool at_end() const noexcept { return of_->ended() && !reader_->cut_off() && !reader_->peek(); }
  void finish(weir::outcome o, weir::failure f) noexcept;

  std::shared_ptr<flight> of_;
  std::unique_ptr<flight::reader> reader_; // until this has ended
  const std::shared_ptr<scope> scope_;
  const std::shared_ptr<weir::attempt> record_;
  const bool own_record_;
  time_source& time_;
  const time_point begun_;
  alarm deadline_;
  bool reading_ = false;
  bool has_token_ = false;
  bool ended_ = false;
  weir::outcome outcome_ = weir::outcome::truncated;
  weir::failure failure_;
};

} // namespace weir::inline v0
