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
    void add_other_currency(budget_group& g, std::string_view currency, time now) {
      if (g.other_currency_is_news())
        events_.push_back(g.event(budget_event::kind::other_currency, now)), events_.back().currency = currency;
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

  struct part {
    part(budget_group& group, const spend_amount& amount) : group(&group), amount(amount) {}
    budget_group* group;
    spend_amount amount;
  };
  // What was used of a part.
  class usage {
  public:
    usage() = default;
    std::optional<money> cost;
    std::string_view currency;
    std::optional<std::uint64_t> tokens;

    /// What is not known, or not in the currency of the budget, stays as it was reserved.
    spend_amount of(const part& p, bool counts) const noexcept {
      spend_amount used(cost, tokens.value_or(0));
      if (!cost || !counts) {
        used.cost = p.amount.cost;
        used.unpriced = cost ? 1 : p.amount.unpriced;
      }
      if (!tokens)
        used.tokens = p.amount.tokens;
      return used;
    }
  };

  explicit holding(std::shared_ptr<state> s) : in(std::move(s)) {}
  holding(const holding&) = delete;
  holding& operator=(const holding&) = delete;

  /// Ends it at `now`, or without one at the time that was last told.
  overdraft end(const usage& all, std::optional<budgets::time> now) {
    state::news what;
    std::shared_ptr<const listeners> to;
    spend_amount more;
    {
      const std::lock_guard lock(in->mutex);
      for (const auto& p : parts) {
        auto& g = *p.group;
        const bool counts = !all.cost || g.rule().counts(*all.cost, all.currency);
        const auto used = all.of(p, counts);
        more.cost = std::max(more.cost, used.cost - p.amount.cost);
        more.tokens = std::max(more.tokens, used.tokens - p.amount.tokens);
        if (now)
          g.core().advance(*now);
        g.core().end(p.amount, used);
        g.let_go();
        if (now)
          g.note(used, *now);
        if (now && !counts)
          what.add_other_currency(g, all.currency, *now);
      }
      for (const auto& p : parts)
        if (now)
          what.add(*p.group, false, *now);
      to = in->to;
    }
    what.tell(to);
    overdraft beyond;
    beyond.cost = money::from_pico(more.cost);
    beyond.tokens = static_cast<std::uint64_t>(more.tokens);
    return beyond;
  }

  std::shared_ptr<state> in;
  std::vector<part> parts;
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
    h->end(holding::usage(), std::nullopt);
  } catch (...) {
  }
}

overdraft reservation::settle(std::optional<money> cost, std::optional<std::uint64_t> tokens, budgets::time now,
                              std::string_view currency) {
  if (!holding_)
    return {};
  const auto h = std::exchange(holding_, nullptr);
  holding::usage used;
  used.cost = cost;
  used.currency = currency;
  used.tokens = tokens;
  return h->end(used, now);
}

void reservation::keep(budgets::time now) noexcept {
  if (!holding_)
    return;
  const auto h = std::exchange(holding_, nullptr);
  try {
    h->end(holding::usage(), now);
  } catch (...) {
  }
}

void reservation::release() noexcept {
  if (!holding_)
    return;
  const auto h = std::exchange(holding_, nullptr);
  try {
    holding::usage nothing;
    nothing.cost = money();
    nothing.tokens = 0;
    h->end(nothing, std::nullopt);
  } catch (...) {
  }
}

budgets::budgets(std::vector<budget> all) : state_(std::make_shared<shared_state>(std::move(all))) {}
budgets::~budgets() = default;

reservation budgets::reserve(const spend_subject& who, std::optional<money> estimate, std::uint64_t tokens, time now,
                             std::string_view currency) {
  reservation r;
  const spend_amount amount(estimate, tokens), unpriced(std::nullopt, tokens);
  shared_state::news what;
  std::shared_ptr<const listeners> to;
  {
    const std::lock_guard lock(state_->mutex);
    std::vector<reservation::holding::part> parts;
    parts.reserve(state_->rules.size());
    for (const auto& rule : state_->rules)
      if (rule->applies(who)) {
        const bool counts = !estimate || rule->counts(*estimate, currency);
        auto& g = rule->group(who, now);
        parts.emplace_back(g, counts ? amount : unpriced);
        g.core().advance(now);
        if (!counts)
          what.add_other_currency(g, currency, now);
      }
    if (parts.empty())
      return r;

    budget_group* worst = nullptr;
    auto why = budget_refusal::reason::cost;
    std::optional<time> room;
    for (const auto& p : parts) {
      auto* g = p.group;
      const auto& settings = g->rule().settings();
      const bool no_price =
          p.amount.unpriced > 0 && settings.max_cost() && settings.unpriced() == budget::policy::refuse;
      const bool full = !g->core().fits(p.amount);
      if (full)
        what.add(*g, true, now);
      if (!no_price && (!full || settings.at_limit() == budget::policy::warn))
        continue;
      g->refuse();
      const auto then = no_price ? std::nullopt : g->core().room_for(p.amount);
      if (worst != nullptr && !later(then, room))
        continue;
      worst = g;
      room = then;
      why = no_price ? budget_refusal::reason::unpriced : g->core().short_of(p.amount);
    }
    if (worst != nullptr) {
      r.refusal_ = std::make_unique<budget_refusal>();
      r.refusal_->why = why;
      r.refusal_->state = worst->state();
      r.refusal_->cost = money::from_pico(amount.cost);
      r.refusal_->currency = currency;
      r.refusal_->tokens = static_cast<std::uint64_t>(amount.tokens);
      r.refusal_->retry_at = room;
      if (const auto& zone = worst->rule().window().zone; zone && room)
        r.refusal_->zone_offset = std::chrono::seconds(
            zone->offset_at(std::chrono::floor<std::chrono::seconds>(*room).time_since_epoch().count()));
    } else {
      r.holding_ = std::make_unique<reservation::holding>(state_);
      r.holding_->parts = std::move(parts);
      for (const auto& p : r.holding_->parts) {
        p.group->hold();
        p.group->core().reserve(p.amount);
      }
    }
    to = state_->to;
  }
  what.tell(to);
  return r;
}

std::vector<budget_event> budgets::record(const spend_subject& who, std::optional<money> cost, std::uint64_t tokens,
                                          time when, time now, std::string_view currency) {
  std::vector<budget_event> all;
  const std::lock_guard lock(state_->mutex);
  for (const auto& rule : state_->rules)
    if (rule->applies(who)) {
      auto& g = rule->group(who, now);
      g.core().advance(now);
      const bool counts = cost && rule->counts(*cost, currency);
      const spend_amount amount(counts ? cost : std::nullopt, tokens);
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

std::vector<budget> budgets::rules() const {
  std::vector<budget> all;
  for (const auto& rule : state_->rules)
    all.push_back(rule->settings());
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
        line.currency = line.amount.cost > 0 ? rule->currency() : std::string();
        append_saved(text, line);
      }
      if (!g.core().reserved().zero()) {
        line.at = now;
        line.amount = g.core().reserved();
        line.currency = line.amount.cost > 0 ? rule->currency() : std::string();
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
    auto saved = parse_saved(line);
    const auto rule = std::find_if(state_->rules.begin(), state_->rules.end(), [&](const auto& r) {
      return saved && r->settings().name() == saved->budget && r->takes(saved->group);
    });
    if (rule == state_->rules.end()) {
      ++passed_over;
      continue;
    }
    auto& g = (*rule)->group(saved->group, now);
    g.core().advance(now);
    if (!(*rule)->counts(money::from_pico(saved->amount.cost), saved->currency)) {
      saved->amount.cost = 0;
      ++saved->amount.unpriced;
    }
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
