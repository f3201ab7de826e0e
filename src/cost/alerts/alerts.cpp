#include <weir/cost/alerts.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <mutex>

#include <weir/core/error.hpp>

#include "core/bounded_cache.hpp"
#include "cost/alerts/spike_core.hpp"
#include "cost/plain_text.hpp"

namespace weir::inline v0 {

namespace {

using time = alerts::time;

constexpr std::size_t longest_part = 256;
// Kinds and groups whose last alert is remembered.
constexpr std::size_t most_remembered = 4096;
constexpr int periods_an_hour = 12;
// Processes that share a ledger enter what ended at about the same time in any order.
constexpr auto out_of_order = std::chrono::minutes(1);

[[noreturn]] void throw_invalid(std::string_view path, std::string_view field, std::string_view why) {
  std::string text(path);
  text.append(text.empty() ? "" : ".").append(field).append(": ").append(why);
  throw error(errc::invalid_configuration, std::move(text));
}

std::string labelled(std::string_view name, std::string_view value) {
  std::string text(name);
  text += '=';
  if (value.empty())
    text += "(none)";
  else
    append_plain(text, value, longest_part);
  return text;
}

money of_double(double amount) noexcept { return money::from_double(amount).value_or(money::max()); }

} // namespace

alert_rules& alert_rules::on_stderr() & {
  return to([](const alert& a) {
    const auto line = "weir: " + a.text() + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
  });
}

void alert_rules::check(std::string_view path) const {
  if (each_ == spend_part::tag && each_tag_.empty())
    throw_invalid(path, "each_tag", "has no name");
  if (spike_floor_ <= money() || spike_floor_.saturated())
    throw_invalid(path, "spike_floor", "must be an amount above 0");
  if (!(spike_factor_ == 0 || (spike_factor_ > 1 && std::isfinite(spike_factor_))))
    throw_invalid(path, "spike_factor", "must be above 1, or 0 for none");
  if (!(spike_deviations_ >= 0 && std::isfinite(spike_deviations_)))
    throw_invalid(path, "spike_deviations", "must not be negative");
  if (!(spike_without_baseline_ >= 1 && std::isfinite(spike_without_baseline_)))
    throw_invalid(path, "spike_without_baseline", "must be at least 1");
  if (at_most_every_ < std::chrono::seconds(1))
    throw_invalid(path, "at_most_every", "must be at least a second");
  if (max_groups_ < 1 || max_groups_ > 100'000)
    throw_invalid(path, "max_groups", "must be between 1 and 100,000");
}

class alerts::shared_state {
public:
  explicit shared_state(alert_rules r) : rules_(std::move(r)), past_(most_remembered) {
    rules_.check("alerts");
    spike_.floor = rules_.spike_floor().to_double() / periods_an_hour;
    spike_.factor = rules_.spike_factor();
    spike_.deviations = rules_.spike_deviations();
    spike_.cold_factor = rules_.spike_without_baseline();
  }

  void spent(const spend_subject& who, const money& cost, time when) {
    std::optional<alert> news;
    {
      const std::lock_guard lock(mutex_);
      news = spike(who, cost, when);
    }
    send(news);
  }

  void raise(alert a) {
    std::optional<alert> news;
    {
      const std::lock_guard lock(mutex_);
      news = due(std::move(a));
    }
    send(news);
  }

  void remember_spent(const spend_subject& who, const money& cost, time when) {
    const std::lock_guard lock(mutex_);
    // Cores of spikes take what is late for something of now.
    if (when + out_of_order <= recorded_until_)
      return;
    recorded_until_ = std::max(recorded_until_, when);
    (void)spike(who, cost, when);
  }

  void remember(alert a) {
    const std::lock_guard lock(mutex_);
    (void)due(std::move(a));
  }

private:
  struct watcher {
    watcher(std::string name, const spike_rule& rule) : name(std::move(name)), core(rule) {}
    std::string name;
    spike_core core;
  };
  struct past {
    past() = default;
    bool any = false;
    time last{};
    std::uint64_t count = 0, held_back = 0; // since then
  };

  // Empty if there is none, or was one a short time ago.
  std::optional<alert> spike(const spend_subject& who, const money& cost, time when) {
    if (rules_.spike_factor() == 0)
      return std::nullopt;
    auto& [name, core] = watched(who);
    const auto s = core.note(cost.to_double(), when);
    if (!s)
      return std::nullopt;
    alert a;
    a.what = alert::kind::spike;
    a.when = when;
    a.group = name;
    a.rate = of_double(s->rate * periods_an_hour);
    if (s->baseline > 0)
      a.baseline = of_double(s->baseline * periods_an_hour);
    return due(std::move(a));
  }

  watcher& watched(const spend_subject& who) {
    auto name = name_of_group(who);
    if (const auto known = watchers_.find(name); known != watchers_.end())
      return known->second;
    if (watchers_.size() >= rules_.max_groups())
      name = "other"; // no label: none of the others can be called that
    return watchers_.try_emplace(name, name, spike_).first->second;
  }

  std::string name_of_group(const spend_subject& who) const {
    switch (rules_.each()) {
    case spend_part::key: return labelled("key", who.key());
    case spend_part::provider: return labelled("provider", who.provider());
    case spend_part::model: return labelled("model", who.model());
    case spend_part::tenant: return labelled("tenant", who.tenant());
    case spend_part::tag: break;
    }
    std::string_view value;
    for (const auto& [name, v] : who.tags())
      if (name == rules_.each_tag()) {
        value = v;
        break;
      }
    std::string label = "tag ";
    append_plain(label, rules_.each_tag(), longest_part);
    return labelled(label, value);
  }

  // Empty if there was one a short time ago.
  std::optional<alert> due(alert a) {
    auto& before = past_.at(std::string(1, char(a.what)) + a.budget + '\0' + a.group);
    before.count += a.count;
    const bool soon =
        before.any && a.when < before.last + rules_.at_most_every() && a.when > before.last - rules_.at_most_every();
    if (soon) {
      ++before.held_back;
      return std::nullopt;
    }
    a.count = before.count;
    a.held_back = before.held_back;
    before = past();
    before.any = true;
    before.last = a.when;
    // Counts tell it themselves.
    if (a.count > 0)
      a.held_back = 0;
    return a;
  }

  void send(const std::optional<alert>& news) const noexcept {
    if (!news)
      return;
    for (const auto& receiver : rules_.receivers())
      try {
        receiver(*news);
      } catch (...) {
      }
  }

  const alert_rules rules_;
  spike_rule spike_;
  std::mutex mutex_;
  std::map<std::string, watcher, std::less<>> watchers_;
  bounded_cache<std::string, past> past_;
  time recorded_until_ = time::min() + out_of_order;
};

alerts::alerts(alert_rules rules) : state_(std::make_shared<shared_state>(std::move(rules))) {}
alerts::~alerts() = default;

namespace {

alert unpriced(const spend_subject& who, time when) {
  alert a;
  a.what = alert::kind::unpriced;
  a.when = when;
  a.group = labelled("provider", who.provider()) + ", " + labelled("model", who.model());
  a.count = 1;
  return a;
}

} // namespace

void alerts::note(const spend_subject& who, std::optional<money> cost, std::uint64_t, time when) {
  cost ? state_->spent(who, *cost, when) : state_->raise(unpriced(who, when));
}

void alerts::record(const spend_subject& who, std::optional<money> cost, time when) {
  cost ? state_->remember_spent(who, *cost, when) : state_->remember(unpriced(who, when));
}

void alerts::lost_entries(std::uint64_t count, std::string_view why, time when) {
  alert a;
  a.what = alert::kind::lost_entries;
  a.when = when;
  a.count = count;
  append_plain(a.detail, why, longest_part);
  state_->raise(std::move(a));
}

namespace {

alert alert_of(const budget_event& event) {
  alert a;
  switch (event.what) {
  case budget_event::kind::soft: a.what = alert::kind::soft_limit; break;
  case budget_event::kind::limit: a.what = alert::kind::limit; break;
  case budget_event::kind::projected_overrun: a.what = alert::kind::projected_overrun; break;
  case budget_event::kind::other_currency:
    a.what = alert::kind::unpriced;
    append_plain(a.detail, event.currency, longest_part);
    break;
  }
  a.when = event.when;
  a.group = event.state.group;
  a.budget = event.state.budget;
  a.state = event.state;
  if (event.what != budget_event::kind::other_currency)
    a.share = event.share;
  return a;
}

} // namespace

void alerts::note(const budget_event& event) { state_->raise(alert_of(event)); }
void alerts::record(const budget_event& event) { state_->remember(alert_of(event)); }

void alerts::watch(budgets& of) {
  of.listen([state = state_](const budget_event& event) { state->raise(alert_of(event)); });
}

} // namespace weir::inline v0
