// A recorded answer as a reply.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <weir/core/scope.hpp>
#include <weir/task/reply.hpp>

#include "policy/cache/flight.hpp"
#include "policy/cache/recorded_answer.hpp"

namespace weir::inline v0 {

/// How a replayed answer ended; the default is a complete one.
class replay_end {
public:
  replay_end() = default;
  weir::outcome how = weir::outcome::complete;
  weir::failure why;
};

/// Replays events that are there already, all at once or at the pace at which they came. Ends with its scope.
/// Thread safety: none; the client's strand.
class cached_source final : public reply::source,
                            public std::enable_shared_from_this<cached_source>,
                            private cancel_hook {
  class key {};

public:
  static std::shared_ptr<cached_source> start(std::shared_ptr<const recorded_answer> answer, bool paced,
                                              std::shared_ptr<scope> in, std::shared_ptr<weir::attempt> record,
                                              replay_end end = replay_end());
  cached_source(key, std::shared_ptr<const recorded_answer> answer, bool paced, std::shared_ptr<scope> in,
                std::shared_ptr<weir::attempt> record, replay_end end);

  boost::asio::awaitable<std::optional<event>> next() override;
  boost::asio::awaitable<bool> ready() override;
  void end_by(errc reason) noexcept override;

  weir::outcome outcome() const noexcept override { return ended_ ? outcome_ : at_end() ? end_.how : outcome_; }
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return answer_->usage; }
  const std::string& finish_reason() const noexcept override { return answer_->finish_reason; }
  const answer_info& info() const noexcept override { return answer_->info; }
  const weir::attempt& attempt() const noexcept override { return *record_; }

private:
  void on_cancel(errc reason) noexcept override;
  bool at_end() const noexcept { return at_ == answer_->events.size(); }
  // Waits for the next event's time, or the end's.
  boost::asio::awaitable<void> wait();
  void finish(weir::outcome o, weir::failure f) noexcept;

  const std::shared_ptr<const recorded_answer> answer_;
  const bool paced_;
  const std::shared_ptr<scope> scope_;
  const std::shared_ptr<weir::attempt> record_;
  const replay_end end_;
  time_source& time_;
  time_point begun_, due_;
  bell bell_;
  std::size_t at_ = 0;
  bool reading_ = false;
  bool ended_ = false;
  weir::outcome outcome_ = weir::outcome::truncated;
  weir::failure failure_;
};

} // namespace weir::inline v0
