#include "policy/alternatives/race.hpp"

#include "core/async/post_handler.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

void late_race::start(time_point second, done_handler done) {
  // Erase first, then take the slot: the erased handler would replace it.
  if (auto slot = asio::get_associated_cancellation_slot(done); slot.is_connected())
    slot.assign([weak = weak_from_this()](asio::cancellation_type) {
      if (const auto self = weak.lock())
        self->in_->cancel(errc::cancelled);
    });
  if (second != never) {
    const asio::any_io_executor ex{executor(in_)};
    second_.set(time_of(ex), ex, second, [weak = weak_from_this()] {
      if (const auto self = weak.lock(); self && !self->in_->cancelled())
        self->run(1);
    });
  }
  done_.emplace(std::move(done));
  run(0);
}

void late_race::run(std::size_t leg) {
  ++running_;
  try {
    if (!launch(leg, legs_[leg]))
      --running_;
  } catch (...) {
    --running_;
    // The handler owns the frame that owns this. The other leg ends by itself.
    if (running_ == 0)
      abandon();
    throw;
  }
}

void late_race::abandon() noexcept {
  second_.cancel();
  const auto waiting = std::exchange(done_, std::nullopt);
}

void late_race::ended(std::size_t leg) {
  --running_;
  second_.cancel();
  if (gave(leg)) {
    if (winner_) {
      discard(leg);
    } else {
      winner_ = leg;
      legs_[1 - leg]->cancel(errc::cancelled);
    }
  }
  if (running_ != 0 || !done_)
    return;
  // Out of the shared state before it is called: the frame it resumes may be the last owner.
  done_handler done = std::move(*done_);
  done_.reset();
  asio::get_associated_cancellation_slot(done).clear();
  post_handler(executor(in_), std::move(done));
}

} // namespace weir::inline v0
