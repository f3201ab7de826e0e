#include "sim/server/pacer.hpp"

#include <algorithm>

#include <weir/core/error.hpp>

namespace weir::inline v0::sim {

namespace {

constexpr auto grain = std::chrono::microseconds(100);
/// After so many, sockets get their turn.
constexpr int most_in_a_row = 256;

} // namespace

void pacer::add(guest& g, clock::time_point due) {
  push(entry(due, &g));
  arm();
}

void pacer::remove(const guest& g) noexcept {
  if (std::erase_if(waiting_, [&g](const entry& e) { return e.who == &g; }) == 0)
    return;
  std::make_heap(waiting_.begin(), waiting_.end());
  if (!waiting_.empty())
    return;
  // A server that is stopped has nothing left to wait for.
  timer_.cancel();
  armed_.reset();
}

void pacer::push(entry e) {
  waiting_.push_back(e);
  std::push_heap(waiting_.begin(), waiting_.end());
}

void pacer::run() {
  ran_ = clock::now();
  for (int left = most_in_a_row; left > 0 && !waiting_.empty() && waiting_.front().due <= ran_; --left) {
    std::pop_heap(waiting_.begin(), waiting_.end());
    auto& who = *waiting_.back().who;
    waiting_.pop_back();
    if (const auto again = who.on_due())
      push(entry(*again, &who));
  }
  arm();
}

void pacer::arm() {
  if (waiting_.empty())
    return;
  const auto at = std::max<clock::time_point>(waiting_.front().due, ran_ + grain);
  if (armed_ && *armed_ <= at)
    return;
  armed_ = at;
  timer_.expires_at(at);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    const auto self = weak.lock();
    if (ec || !self)
      return;
    self->armed_.reset();
    self->run();
  });
}

} // namespace weir::inline v0::sim
