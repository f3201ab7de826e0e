#include "client/transport/turnstile.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

#include <weir/core/executor.hpp>

namespace weir::inline v0 {

namespace asio = boost::asio;

// In the queue until it is let in, or gives up.
class turnstile::place {
public:
  place(turnstile& at, const asio::any_io_executor& ex)
      : event(ex), at_(at), where_(at.waiting_.insert(at.waiting_.end(), this)) {}
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  ~place() {
    if (!is_in)
      at_.waiting_.erase(where_);
  }

  net::wakeup event;
  bool is_in = false;

private:
  turnstile& at_;
  queue::iterator where_;
};

asio::awaitable<void> turnstile::wait(std::shared_ptr<turnstile> self) {
  const auto ex = co_await asio::this_coro::executor;
  place here(*self, ex);
  if (!self->turning_)
    self->begin_turn(scope_of(ex)->inner());
  co_await here.event.wait();
}

void turnstile::begin_turn(const asio::any_io_executor& ex) {
  asio::post(ex, [weak = weak_from_this(), ex] {
    if (const auto self = weak.lock())
      self->turn(ex);
  });
  turning_ = true;
}

void turnstile::turn(const asio::any_io_executor& ex) noexcept {
  turning_ = false;
  for (passed_ = 0; passed_ < per_turn && !waiting_.empty(); ++passed_)
    let_in();
  if (waiting_.empty())
    return;
  try {
    begin_turn(ex);
  } catch (...) { // No memory.
    while (!waiting_.empty())
      let_in();
  }
}

void turnstile::let_in() noexcept {
  auto& first = *waiting_.front();
  waiting_.pop_front();
  first.is_in = true;
  first.event.set();
}

} // namespace weir::inline v0
