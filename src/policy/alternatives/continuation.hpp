// An answer that is resumed at another target when it breaks off.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/policy/handler.hpp>

namespace weir::inline v0 {

/// Makes the call, and waits for the first event if the answer is streamed. The call is kept alive until then.
boost::asio::awaitable<reply> ask_for_start(handler_ptr inner, std::shared_ptr<call> c);

/// A reply whose source changes when it breaks off. Opens the next source in the call's own scope, while its reader
/// waits.
class continued_source final : public reply::source, public std::enable_shared_from_this<continued_source> {
public:
  /// How much of an answer is kept; a longer one is not resumed.
  static constexpr std::size_t max_text = std::size_t{1} << 20;

  /// `next`: the targets that may continue it, in order, each at most once. `budget`: how often it may be resumed.
  continued_source(std::shared_ptr<reply::source> first, call c, handler_ptr inner, std::vector<target> next,
                   std::size_t budget)
      : call_(std::move(c)), inner_(std::move(inner)), targets_(std::move(next)), budget_(budget),
        current_(std::move(first)) {}
  /// Once, after construction.
  void begin() { watch(); }

  boost::asio::awaitable<std::optional<event>> next() override;
  boost::asio::awaitable<bool> ready() override;
  void end_by(errc reason) noexcept override;

  weir::outcome outcome() const noexcept override { return stopped_ ? stopped_outcome_ : current_->outcome(); }
  const weir::failure& failure() const noexcept override { return stopped_ ? stopped_ : current_->failure(); }
  const weir::usage& usage() const noexcept override;
  const std::string& finish_reason() const noexcept override { return current_->finish_reason(); }
  const answer_info& info() const noexcept override { return current_->info(); }
  const weir::attempt& attempt() const noexcept override { return current_->attempt(); }
  std::any& result() noexcept override { return current_->result(); }

private:
  class watcher;

  void watch();
  void part_ended() noexcept;
  bool may_go_on() const noexcept;
  bool could_go_on() const noexcept;
  void note(event& e);
  void stop(errc reason) noexcept;
  void finish() noexcept;
  boost::asio::awaitable<bool> resume();
  // Returns if another part continues the answer; otherwise throws what ended it.
  boost::asio::awaitable<void> go_on_after(std::exception_ptr failed);

  call call_;
  handler_ptr inner_;
  std::vector<target> targets_;
  std::size_t next_target_ = 0;
  std::size_t budget_;
  std::shared_ptr<reply::source> current_;
  std::shared_ptr<scope> opening_; // while the next part is requested
  std::optional<event> boundary_;
  std::string so_far_;
  bool text_only_ = true;
  bool finished_ = false;
  bool given_up_ = false;
  bool ended_ = false;
  weir::usage before_; // of the parts that broke off
  mutable weir::usage usage_;
  // Ended locally between two parts.
  weir::outcome stopped_outcome_ = weir::outcome::cancelled;
  weir::failure stopped_;
};

} // namespace weir::inline v0
