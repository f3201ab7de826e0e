// How many requests are served at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace weir::inline v0::sim {

/// Places that requests wait for, in order. Thread safety: none; one strand.
class seats {
public:
  /// A request, from when it comes until it has been answered.
  class guest {
  public:
    guest(std::shared_ptr<seats> at, std::function<void()> wake) : at_(std::move(at)), wake_(std::move(wake)) {}
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;
    ~guest() {
      if (seated_)
        at_->leave();
      else if (waits_)
        std::erase(at_->waiting_, this);
    }
    bool seated() const noexcept { return seated_; }

  private:
    friend class seats;
    std::shared_ptr<seats> at_;
    std::function<void()> wake_;
    bool seated_ = false, waits_ = false;
  };

  /// \param n 0: no limit. \param most_waiting further ones are refused.
  seats(std::size_t n, std::size_t most_waiting) : limited_(n > 0), free_(n), most_waiting_(most_waiting) {}

  /// False: it is refused. Otherwise it has a seat, or its wake() is called once it has.
  bool enter(guest& g) {
    if (!limited_ || free_ > 0) {
      free_ -= limited_;
      g.seated_ = limited_;
      g.waits_ = false;
      return true;
    }
    if (waiting_.size() >= most_waiting_)
      return false;
    g.waits_ = true;
    waiting_.push_back(&g);
    return true;
  }
  /// Whether the guest may begin.
  bool may_begin(const guest& g) const noexcept { return !limited_ || g.seated_; }
  std::size_t waiting() const noexcept { return waiting_.size(); }

private:
  void leave() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    auto* next = waiting_.front();
    waiting_.pop_front();
    next->seated_ = true;
    next->waits_ = false;
    next->wake_();
  }

  const bool limited_;
  std::size_t free_;
  const std::size_t most_waiting_;
  std::deque<guest*> waiting_;
};

} // namespace weir::inline v0::sim
