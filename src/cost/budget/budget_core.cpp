#include "cost/budget/budget_core.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;
using number = spend_amount::number;

// More than any call can use: a million million of the currency, and more tokens than can be counted.
constexpr number most_cost = number(1'000'000'000'000) * 1'000'000'000'000;
constexpr number most_tokens = number(1) << 62;

} // namespace

spend_amount::spend_amount(std::optional<money> c, std::uint64_t t) noexcept
    : cost(c ? std::clamp<number>(c->pico(), 0, most_cost) : 0), tokens(std::min<number>(t, most_tokens)),
      unpriced(c ? 0 : 1) {}

spend_amount& spend_amount::operator+=(const spend_amount& b) noexcept {
  cost += b.cost;
  tokens += b.tokens;
  unpriced += b.unpriced;
  return *this;
}

spend_amount& spend_amount::operator-=(const spend_amount& b) noexcept {
  cost -= b.cost;
  tokens -= b.tokens;
  unpriced -= b.unpriced;
  return *this;
}

budget_core::budget_core(const window_rule& rule) : rule_(&rule) {
  if (rule.rolling) {
    ring_.resize(slots + 1);
    width_ = span(length_of(rule.kind)) / static_cast<std::int64_t>(slots);
  }
}

void budget_core::advance(time now) noexcept {
  now = countable(now);
  if (rule_->rolling)
    advance_rolling(now);
  else
    advance_calendar(now);
}

void budget_core::advance_rolling(time now) noexcept {
  if (!begun_) {
    begun_ = true;
    last_ = now;
    into_ = now.time_since_epoch() % width_;
    return;
  }
  if (now < last_) {
    // After a step back of the clock the window stands still until the clock has caught up; one that was plainly wrong
    // must not hold it for ever.
    if (last_ - now > width_ * static_cast<std::int64_t>(slots))
      last_ = now;
    return;
  }
  into_ += now - last_;
  last_ = now;
  const auto gone = static_cast<std::uint64_t>(into_ / width_);
  into_ %= width_;
  if (gone == 0)
    return;
  if ((passed_ += std::min<std::uint64_t>(gone, slots)) >= slots) {
    passed_ -= slots;
    ++era_;
  }
  if (gone > slots) {
    std::fill(ring_.begin(), ring_.end(), spend_amount());
    spent_ = spend_amount();
    return;
  }
  for (std::uint64_t i = 0; i < gone; ++i) {
    head_ = (head_ + 1) % ring_.size();
    spent_ -= ring_[head_];
    ring_[head_] = spend_amount();
  }
}

void budget_core::advance_calendar(time now) noexcept {
  last_ = now;
  if (begun_ && bounds_.has(now))
    return;
  if (begun_ && now < bounds_.begin) {
    // A clock that jitters around the boundary must not empty the new window again; one that was plainly wrong must not
    // leave us in a window that is far away.
    if (bounds_.begin - now > bounds_.end - bounds_.begin)
      bounds_ = calendar_window(rule_->kind, *rule_->zone, now);
    return;
  }
  if (begun_) {
    spent_ = spend_amount();
    ++era_;
  }
  begun_ = true;
  bounds_ = calendar_window(rule_->kind, *rule_->zone, now);
}

bool budget_core::within(const spend_amount& counted, const spend_amount& a) const noexcept {
  return (!rule_->max_cost || counted.cost + a.cost <= *rule_->max_cost) &&
         (!rule_->max_tokens || counted.tokens + a.tokens <= *rule_->max_tokens);
}

bool budget_core::fits(const spend_amount& a) const noexcept { return within(spent_ + reserved_, a); }

void budget_core::end(const spend_amount& reserved, const spend_amount& used) noexcept {
  reserved_ -= reserved;
  spent_ += used;
  if (rule_->rolling)
    slot(0) += used;
}

void budget_core::record(const spend_amount& a, time when) noexcept {
  when = std::min(countable(when), last_);
  if (!rule_->rolling) {
    // While the clock lags behind the window, nothing tells what is before it.
    if (when >= bounds_.begin || last_ < bounds_.begin)
      spent_ += a;
    return;
  }
  const span ago = last_ - when - into_;
  const auto back = ago <= span::zero() ? 0 : static_cast<std::uint64_t>((ago - span(1)) / width_ + 1);
  if (back > slots)
    return;
  slot(back) += a;
  spent_ += a;
}

budget_refusal::reason budget_core::short_of(const spend_amount& a) const noexcept {
  const bool ever = within(spend_amount(), a);
  const auto counted = (ever ? spent_ + reserved_ : spend_amount()).cost + a.cost;
  return rule_->max_cost && counted > *rule_->max_cost ? budget_refusal::reason::cost : budget_refusal::reason::tokens;
}

std::optional<budget_core::time> budget_core::room_for(const spend_amount& a) const noexcept {
  if (!within(spend_amount(), a))
    return std::nullopt;
  if (fits(a))
    return last_;
  if (!rule_->rolling)
    return bounds_.end;
  auto counted = spent_ + reserved_;
  for (auto back = slots; back > 0; --back) {
    counted -= slot(back);
    if (within(counted, a))
      return leaves(back);
  }
  return leaves(0);
}

budget_core::time budget_core::window_end() const noexcept {
  if (!rule_->rolling)
    return bounds_.end;
  for (std::size_t back = 0; back <= slots; ++back)
    if (!slot(back).zero())
      return leaves(back);
  return last_;
}

std::chrono::nanoseconds budget_core::ahead() const noexcept {
  return rule_->rolling ? span(length_of(rule_->kind)) : std::max(bounds_.end - last_, span::zero());
}

std::vector<budget_core::entry> budget_core::entries() const {
  std::vector<entry> all;
  if (!rule_->rolling) {
    if (!spent_.zero())
      all.emplace_back(std::clamp(last_, bounds_.begin, bounds_.end - span(1)), spent_);
    return all;
  }
  for (auto back = slots + 1; back-- > 0;)
    if (!slot(back).zero()) {
      const auto end = last_ - into_ + width_ * (1 - static_cast<std::int64_t>(back));
      all.emplace_back(std::min(last_, end - span(1)), slot(back));
    }
  return all;
}

} // namespace weir::inline v0
