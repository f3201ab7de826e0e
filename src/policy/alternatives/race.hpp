// Two coroutines run concurrently: the first one to return a value wins.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <weir/core/within.hpp>

#include "core/async/alarm.hpp"

namespace weir::inline v0 {

/// The part that does not depend on the value's type. The first leg starts at once, the second one after a delay, if it
/// is launched at all. Lives until every leg has ended.
class late_race : public std::enable_shared_from_this<late_race> {
public:
  using done_handler = boost::asio::any_completion_handler<void()>;

  explicit late_race(std::shared_ptr<scope> in) : in_(std::move(in)), legs_{in_->child(), in_->child()} {}
  virtual ~late_race() = default;

  void start(time_point second, done_handler done);
  const std::shared_ptr<scope>& in() const noexcept { return in_; }
  /// The leg that returned a value first.
  std::optional<std::size_t> winner() const noexcept { return winner_; }

protected:
  /// Starts a leg in its scope; false if it is not to run after all.
  virtual bool launch(std::size_t leg, const std::shared_ptr<scope>& in) = 0;
  /// Whether a leg that has ended returned a value.
  virtual bool gave(std::size_t leg) const noexcept = 0;
  /// A leg's value came too late: destroys it.
  virtual void discard(std::size_t leg) noexcept = 0;

  /// A leg's completion handler.
  class leg_end {
  public:
    leg_end(std::shared_ptr<late_race> owner, std::size_t leg) : owner_(std::move(owner)), leg_(leg) {}
    void body_done() { owner_->ended(leg_); }
    void abandon() noexcept { owner_->abandon(); }

  private:
    std::shared_ptr<late_race> owner_;
    std::size_t leg_;
  };

private:
  void run(std::size_t leg);
  void abandon() noexcept;
  void ended(std::size_t leg);

  std::shared_ptr<scope> in_;
  std::array<std::shared_ptr<scope>, 2> legs_;
  alarm second_;
  std::optional<done_handler> done_;
  std::optional<std::size_t> winner_;
  int running_ = 0;
};

template <class T>
class late_race_of final : public late_race {
public:
  using body = boost::asio::awaitable<T>;

  late_race_of(std::shared_ptr<scope> in, body first, std::function<std::optional<body>()> second)
      : late_race(std::move(in)), first_(std::move(first)), second_(std::move(second)) {}

  std::pair<std::size_t, T> result() {
    if (const auto won = winner())
      return {*won, std::move(*slots_[*won]->value)};
    detail::rethrow_translated(in()->reason(), slots_[0]->error);
  }

private:
  bool launch(std::size_t leg, const std::shared_ptr<scope>& in) override {
    std::optional<body> todo = leg == 0 ? std::optional<body>(std::move(first_)) : second_();
    if (!todo)
      return false;
    slots_[leg] = std::make_shared<detail::result_slot<T>>();
    boost::asio::co_spawn(boost::asio::any_io_executor(executor(in)),
                          detail::run_to_slot<T>(detail::run_in<T>(in, std::move(*todo), false, false), slots_[leg]),
                          detail::spawned_end<leg_end>(std::make_shared<leg_end>(shared_from_this(), leg)));
    return true;
  }
  bool gave(std::size_t leg) const noexcept override { return slots_[leg]->value.has_value(); }
  void discard(std::size_t leg) noexcept override { slots_[leg]->value.reset(); }

  body first_;
  std::function<std::optional<body>()> second_;
  std::array<std::shared_ptr<detail::result_slot<T>>, 2> slots_;
};

class start_late_race {
public:
  start_late_race(std::shared_ptr<late_race> r, time_point second) : race_(std::move(r)), second_(second) {}
  template <class Handler>
  void operator()(Handler&& handler) {
    race_->start(second_, late_race::done_handler(std::forward<Handler>(handler)));
  }

private:
  std::shared_ptr<late_race> race_;
  time_point second_;
};

/// Runs `first` and, unless it has ended at `when`, what `second()` then returns, if anything. Returns the first value
/// and the leg it came from, and waits for both whatever happens: the loser is cancelled at once, and a value of its
/// own is destroyed.
///
/// Each leg runs in a child scope of the ambient one. If a leg fails, the race waits for the other one, if that is
/// running. Errors: the first leg's. Cancellation: terminal; cancels both and waits for them.
template <class T>
boost::asio::awaitable<std::pair<std::size_t, T>>
first_of(boost::asio::awaitable<T> first, time_point when,
         std::function<std::optional<boost::asio::awaitable<T>>()> second) {
  const auto parent = scope_of(co_await boost::asio::this_coro::executor);
  const auto race = std::make_shared<late_race_of<T>>(parent->child(), std::move(first), std::move(second));
  start_late_race start(race, when);
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(std::move(start),
                                                                                     boost::asio::use_awaitable);
  co_return race->result();
}

} // namespace weir::inline v0
