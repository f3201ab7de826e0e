// Which waiter is served next: a queue per priority, with a share for the lower one. Pure.
#pragma once

#include <cstdint>
#include <map>

#include <weir/core/scope.hpp>
#include <weir/core/time.hpp>

namespace weir::inline v0 {

/// A limit's decision about a call that arrives.
enum class admission : std::uint8_t {
  granted,
  waiting,   ///< Queued, with a ticket.
  full,      ///< The queue is full.
  no_time,   ///< Its turn would come after its deadline.
  too_large, ///< Larger than the limit itself.
};

/// What a limit decided about one call, with what it holds if it was granted.
template <class Held>
class decision {
public:
  decision() = default;
  decision(admission what, std::uint64_t waiter, duration wait = duration::zero())
      : what(what), waiter(waiter), wait(wait) {}
  decision(std::uint64_t waiter, Held held) : what(admission::granted), waiter(waiter), held(held) {}

  admission what = admission::waiting;
  std::uint64_t waiter = 0; ///< The ticket, if it waits or waited.
  Held held;
  duration wait{}; ///< An estimated wait, if it was refused.
};

/// Queued callers. First come, first served within a priority; interactive calls before batch calls, which still get
/// their share of what is served while both wait: each interactive call that is served while a batch call waits earns
/// the batch queue `share` of its size, and the batch call at the front is next once its own size times (1 - share) has
/// been earned. Nobody overtakes the next one.
/// Thread safety: none.
class waiter_queue {
public:
  using ticket = std::uint64_t;

  class waiter {
  public:
    waiter(ticket id, weir::priority priority, double size, std::uint64_t tokens, time_point deadline)
        : id(id), priority(priority), size(size), tokens(tokens), deadline(deadline) {}
    ticket id;
    weir::priority priority;
    double size; ///< What the share is measured in.
    std::uint64_t tokens;
    time_point deadline;
  };

  explicit waiter_queue(double batch_share) : share_(batch_share) {}

  ticket push(weir::priority p, double size, std::uint64_t tokens, time_point deadline);
  /// The waiter who is next; nullptr if nobody waits.
  const waiter* front() const noexcept;
  /// Serves the waiter who is next: counts for the share.
  void serve();
  /// A waiter leaves without having been served.
  bool erase(ticket id);

  bool empty() const noexcept { return interactive_.empty() && batch_.empty(); }
  std::size_t size() const noexcept { return interactive_.size() + batch_.size(); }
  std::size_t size(weir::priority p) const noexcept {
    return p == priority::batch ? batch_.size() : interactive_.size();
  }
  /// How many waiters precede a newcomer of that priority, and how many tokens they want.
  std::uint64_t ahead(weir::priority p) const noexcept;
  std::uint64_t tokens_ahead(weir::priority p) const noexcept;

private:
  using line = std::map<ticket, waiter>;
  line& of(weir::priority p) noexcept { return p == priority::batch ? batch_ : interactive_; }
  std::uint64_t& tokens_of(weir::priority p) noexcept {
    return p == priority::batch ? batch_tokens_ : interactive_tokens_;
  }
  void remove(line::iterator it);

  double share_;
  line interactive_, batch_;
  std::uint64_t interactive_tokens_ = 0, batch_tokens_ = 0;
  double earned_ = 0;
  ticket next_ = 1;
};

} // namespace weir::inline v0
