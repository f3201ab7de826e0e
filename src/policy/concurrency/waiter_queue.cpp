#include "policy/concurrency/waiter_queue.hpp"

namespace weir::inline v0 {

namespace {

// In floating point, ten times a tenth can be a little less than one.
constexpr double rounding = 1e-9;

} // namespace

waiter_queue::ticket waiter_queue::push(weir::priority p, double size, std::uint64_t tokens, time_point deadline) {
  const auto id = next_++;
  auto& line = of(p);
  line.emplace_hint(line.end(), id, waiter(id, p, size, tokens, deadline));
  tokens_of(p) += tokens;
  return id;
}

const waiter_queue::waiter* waiter_queue::front() const noexcept {
  if (batch_.empty())
    return interactive_.empty() ? nullptr : &interactive_.begin()->second;
  const auto* first = &batch_.begin()->second;
  if (interactive_.empty() || earned_ + rounding >= first->size * (1 - share_))
    return first;
  return &interactive_.begin()->second;
}

void waiter_queue::serve() {
  const auto& next = *front();
  if (!interactive_.empty() && !batch_.empty())
    earned_ += next.priority == priority::batch ? -next.size * (1 - share_) : next.size * share_;
  remove(of(next.priority).find(next.id));
}

bool waiter_queue::erase(ticket id) {
  for (auto* line : {&interactive_, &batch_}) {
    const auto it = line->find(id);
    if (it != line->end()) {
      remove(it);
      return true;
    }
  }
  return false;
}

void waiter_queue::remove(line::iterator it) {
  const auto p = it->second.priority;
  tokens_of(p) -= it->second.tokens;
  of(p).erase(it);
  if (batch_.empty())
    earned_ = 0;
}

std::uint64_t waiter_queue::ahead(weir::priority p) const noexcept {
  return p == priority::batch ? size() : interactive_.size();
}

std::uint64_t waiter_queue::tokens_ahead(weir::priority p) const noexcept {
  return p == priority::batch ? interactive_tokens_ + batch_tokens_ : interactive_tokens_;
}

} // namespace weir::inline v0
