// A stream that was read to its end before it is delivered.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <weir/task/reply.hpp>

namespace weir::inline v0 {

/// Replays the events that were read, then passes on the rest, then the end as it was. Reports to listeners what its
/// reader sees, not what the collector saw.
class replayed_source final : public reply::source, public std::enable_shared_from_this<replayed_source> {
public:
  replayed_source(std::deque<event> read, std::shared_ptr<reply::source> from)
      : read_(std::move(read)), from_(std::move(from)) {}

  boost::asio::awaitable<std::optional<event>> next() override;
  boost::asio::awaitable<bool> ready() override;
  void end_by(errc reason) noexcept override;

  weir::outcome outcome() const noexcept override { return stopped_ ? weir::outcome::cancelled : from_->outcome(); }
  const weir::failure& failure() const noexcept override { return stopped_ ? stopped_ : from_->failure(); }
  const weir::usage& usage() const noexcept override { return from_->usage(); }
  const std::string& finish_reason() const noexcept override { return from_->finish_reason(); }
  const answer_info& info() const noexcept override { return from_->info(); }
  const weir::attempt& attempt() const noexcept override { return from_->attempt(); }
  std::any& result() noexcept override { return from_->result(); }

private:
  std::deque<event> read_;
  std::shared_ptr<reply::source> from_;
  weir::failure stopped_;
  bool ended_ = false;
};

} // namespace weir::inline v0
