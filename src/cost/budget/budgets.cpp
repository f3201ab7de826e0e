#include <weir/cost/budget.hpp>

#include <algorithm>
#include <mutex>
#include <set>

#include <weir/core/error.hpp>

#include "cost/budget/budget_group.hpp"
#include "cost/budget/budget_text.hpp"

namespace weir::inline v0 {

namespace {

using listeners = std::vector<std::function<void(const budget_event&)>>;

// When a refusal is over; never is later than all.
bool later(std::optional<budget_state::time> a, std::optional<budget_state::time> b) noexcept {
  return b && (!a || *a > *b);
}

} // namespace

class budgets::shared_state {
public:
  // News of a moment, told once the lock is free.
  class news {
  public:
    void add(budget_group& g, bool full, time now) {
      if (const auto what = g.news(full, now))
        events_.push_back(g.event(*what, now));
    }
    bool empty() const noexcept { return events_.empty(); }
    void tell(const std::shared_ptr<const listeners>& to) noexcept {
      for (const auto& event : events_)
        for (const auto& listener : *to)
          try {
            listener(event);
          } catch (...) {
          }
    }

  private:
    std::vector<budget_event> events_;
  };

  explicit shared_state(std::vector<budget> all) {
    std::set<std::string> names;
    for (auto& b : all) {
      const auto path = "budgets." + (b.name().empty() ? std::to_string(rules.size()) : b.name());
      b.check(path);
      if (!names.insert(b.name()).second)
        throw error(errc::invalid_configuration, path + ".name: is not unique");
      rules.push_back(std::make_unique<budget_rule>(std::move(b)));
    }
  }

  std::mutex mutex;
  std::vector<std::unique_ptr<budget_rule>> rules;
  std::shared_ptr<const listeners> to = std::make_shared<const listeners>();
};

// What a reservation holds. The groups stay where they are while they are held.
class reservation::holding {
public:
  using state = budgets::shared_state;

  holding(std::shared_ptr<state> s, const spend_amount& a) : in(std::move(s)), amount(a) {}
  holding(const holding&) = delete;
  holding& operator=(const holding&) = delete;

  /// Ends it as `used`, at `now`, or without one at the time that was last told.
  void end(const spend_amount& used, std::optional<budgets::time> now) {
    state::news what;
    std::shared_ptr<const listeners> to;
    {
      const std::lock_guard lock(in->mutex);
      for (auto* g : groups) {
        if (now)
          g->core().advance(*now);
        g->core().end(amount, used);
        g->let_go();
      }
      for (auto* g : groups)
        if (now) {
          g->note(used, *now);
          what.add(*g, false, *now);
        }
      to = in->to;
    }
    what.tell(to);
  }

  std::shared_ptr<state> in;
  spend_amount amount;
  std::vector<budget_group*> groups;
};

reservation::reservation() noexcept = default;
reservation::reservation(reservation&&) noexcept = default;

reservation& reservation::operator=(reservation&& other) noexcept {
  if (this != &other) {
    reservation old(std::move(*this));
    holding_ = std::move(other.holding_);
    refusal_ = std::move(other.refusal_);
  }
  return *this;
}

reservation::~reservation() {
  if (!holding_)
    return;
  const auto h = std::exchange(holding_, nullptr);
  try {
    h->end(h->amount, std::nullopt);
  } catch (...) {
  }
}

overdraft reservation::settle(std::optional<money> cost, std::optional<std::uint64_t> tokens, budgets::time now) {
  overdraft more;
  if (!holding_)
    return more;
  const auto h = std::exchange(holding_, nullptr);
  const auto& held = h->amount;
  spend_amount used(cost ? cost : std::optional(money()), tokens.value_or(0));
  if (!cost) {
    used.cost = held.cost;
    used.unpriced = held.unpriced;
  }
  if (!tokens)
    used.tokens = held.tokens;
  h->end(used, now);
  more.cost = money::from_pico(std::max<spend_amount::number>(used.cost - held.cost, 0));
  more.tokens = static_cast<std::uint64_t>(std::max<spend_amount::number>(used.tokens - held.tokens, 0));
  return more;
}

void reservation::keep(budgets::time now) noexcept {
  if (!holding_)
    return;
  const auto h = std::exchange(holding_, nullptr);
  try {
    h->end(h->amount, now);
  } catch (...) {
  }
}

void reservation::release() noexcept {
  if (!holding_)
    return;
  const auto h = std::exchange(holding_, nullptr);
  try {
    h->end(spend_amount(money(), 0), std::nullopt);
  } catch (...) {
  }
}

budgets::budgets(std::vector<budget> all) : state_(std::make_shared<shared_state>(std::move(all))) {}
budgets::~budgets() = default;

reservation budgets::reserve(const spend_subject& who, std::optional<money> estimate, std::uint64_t tokens, time now) {
  reservation r;
  const spend_amount amount(estimate, tokens);
  shared_state::news what;
  std::shared_ptr<const listeners> to;
  {
    const std::lock_guard lock(state_->mutex);
    std::vector<budget_group*> groups;
    groups.reserve(state_->rules.size());
    for (const auto& rule : state_->rules)
      if (rule->applies(who))
        groups.push_back(&rule->group(who, now));
    if (groups.empty())
      return r;

    budget_group* worst = nullptr;
    auto why = budget_refusal::reason::cost;
    std::optional<time> room;
    for (auto* g : groups) {
      g->core().advance(now);
      const auto& settings = g->rule().settings();
      const bool unpriced = !estimate && settings.max_cost() && settings.unpriced() == budget::policy::refuse;
      const bool full = !g->core().fits(amount);
      if (full)
        what.add(*g, true, now);
      if (!unpriced && (!full || settings.at_limit() == budget::policy::warn))
        continue;
      g->refuse();
      const auto then = unpriced ? std::nullopt : g->core().room_for(amount);
      if (worst != nullptr && !later(then, room))
        continue;
      worst = g;
      room = then;
      why = unpriced ? budget_refusal::reason::unpriced : g->core().short_of(amount);
    }
    if (worst != nullptr) {
      r.refusal_ = std::make_unique<budget_refusal>();
      r.refusal_->why = why;
      r.refusal_->state = worst->state();
      r.refusal_->cost = money::from_pico(amount.cost);
      r.refusal_->tokens = static_cast<std::uint64_t>(amount.tokens);
      r.refusal_->retry_at = room;
      if (const auto& zone = worst->rule().window().zone; zone && room)
        r.refusal_->zone_offset = std::chrono::seconds(
            zone->offset_at(std::chrono::floor<std::chrono::seconds>(*room).time_since_epoch().count()));
    } else {
      r.holding_ = std::make_unique<reservation::holding>(state_, amount);
      r.holding_->groups = std::move(groups);
      for (auto* g : r.holding_->groups) {
        g->hold();
        g->core().reserve(amount);
      }
    }
    to = state_->to;
  }
  what.tell(to);
  return r;
}

std::vector<budget_event> budgets::record(const spend_subject& who, std::optional<money> cost, std::uint64_t tokens,
                                          time when, time now) {
  const spend_amount amount(cost, tokens);
  std::vector<budget_event> all;
  const std::lock_guard lock(state_->mutex);
  for (const auto& rule : state_->rules)
    if (rule->applies(who)) {
      auto& g = rule->group(who, now);
      g.core().advance(now);
      g.core().record(amount, when);
      const auto then = g.record(amount, std::min(when, now));
      if (const auto what = g.past_news(then))
        all.push_back(g.event(*what, then));
    }
  return all;
}

std::vector<budget_state> budgets::state(time now) const {
  std::vector<budget_state> all;
  const std::lock_guard lock(state_->mutex);
  for (const auto& rule : state_->rules) {
    const auto first = all.size();
    rule->each([&](budget_group& g) {
      const bool idle = g.idle(now);
      if (!idle || rule->settings().groups().empty())
        all.push_back(g.state());
    });
    std::sort(all.begin() + std::ptrdiff_t(first), all.end(),
              [](const budget_state& a, const budget_state& b) { return a.group < b.group; });
  }
  return all;
}

std::string budgets::save(time now) const {
  std::string text;
  const std::lock_guard lock(state_->mutex);
  saved_spending line;
  for (const auto& rule : state_->rules)
    rule->each([&](budget_group& g) {
      g.core().advance(now);
      line.budget = rule->settings().name();
      line.group = g.id();
      for (const auto& entry : g.core().entries()) {
        line.at = entry.at;
        line.amount = entry.amount;
        append_saved(text, line);
      }
      if (!g.core().reserved().zero()) {
        line.at = now;
        line.amount = g.core().reserved();
        append_saved(text, line);
      }
    });
  return text;
}

std::size_t budgets::load(std::string_view text, time now) {
  std::size_t passed_over = 0;
  const std::lock_guard lock(state_->mutex);
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty())
      continue;
    const auto saved = parse_saved(line);
    const auto rule = std::find_if(state_->rules.begin(), state_->rules.end(), [&](const auto& r) {
      return saved && r->settings().name() == saved->budget && r->takes(saved->group);
    });
    if (rule == state_->rules.end()) {
      ++passed_over;
      continue;
    }
    auto& g = (*rule)->group(saved->group, now);
    g.core().advance(now);
    g.core().record(saved->amount, saved->at);
  }
  return passed_over;
}

void budgets::listen(std::function<void(const budget_event&)> listener) {
  const std::lock_guard lock(state_->mutex);
  auto more = std::make_shared<listeners>(*state_->to);
  more->push_back(std::move(listener));
  state_->to = std::move(more);
}

} // namespace weir::inline v0
