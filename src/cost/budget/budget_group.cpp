#include "cost/budget/budget_group.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/ascii.hpp"
#include "cost/plain_text.hpp"

namespace weir::inline v0 {

namespace {

// Between the parts of an id, and the id of what is beyond the limit: control characters, which parts do not have.
constexpr char separator = '\x1f';
constexpr std::string_view other_id = "\x1eother";
constexpr std::size_t longest_part = 256;

std::string_view part_of(const spend_subject& who, spend_part part, std::string_view tag) noexcept {
  switch (part) {
  case spend_part::key: return who.key();
  case spend_part::provider: return who.provider();
  case spend_part::model: return who.model();
  case spend_part::tenant: return who.tenant();
  case spend_part::tag: break;
  }
  for (const auto& [name, value] : who.tags())
    if (name == tag)
      return value;
  return {};
}

bool matches(std::string_view pattern, std::string_view text) noexcept {
  return pattern.ends_with('*') ? text.starts_with(pattern.substr(0, pattern.size() - 1)) : text == pattern;
}

bool matches(const budget::filter& f, const spend_subject& who) noexcept {
  if (f.part != spend_part::tag)
    return matches(f.value, part_of(who, f.part, {}));
  return std::any_of(who.tags().begin(), who.tags().end(),
                     [&f](const auto& tag) { return tag.first == f.tag && matches(f.value, tag.second); });
}

bool same_part(const budget::filter& a, const budget::filter& b) noexcept { return a.part == b.part && a.tag == b.tag; }

std::uint64_t count(spend_amount::number n) noexcept {
  return static_cast<std::uint64_t>(std::min<spend_amount::number>(n, std::numeric_limits<std::uint64_t>::max()));
}

double share_of(spend_amount::number part, std::optional<spend_amount::number> whole) noexcept {
  return whole ? double(part) / double(*whole) : 0;
}

window_rule rule_of(const budget& b) {
  window_rule r;
  r.kind = b.per();
  r.rolling = b.is_rolling();
  if (!r.rolling)
    r.zone = time_zone::find(b.zone());
  if (b.max_cost())
    r.max_cost = b.max_cost()->pico();
  if (b.max_tokens())
    r.max_tokens = *b.max_tokens();
  return r;
}

} // namespace

budget_group::budget_group(budget_rule& rule, std::string id) : rule_(&rule), id_(std::move(id)), core_(rule.window()) {
  if (rule.window().kind < budget::span::day)
    return;
  if (rule.window().max_cost)
    cost_rate_ = std::make_unique<overrun_core>();
  if (rule.window().max_tokens)
    tokens_rate_ = std::make_unique<overrun_core>();
}

bool budget_group::idle(budget_core::time now) noexcept {
  core_.advance(now);
  return holders_ == 0 && core_.idle();
}

void budget_group::note(const spend_amount& used, budget_core::time now) noexcept {
  if (cost_rate_)
    cost_rate_->note(share_of(used.cost, rule_->window().max_cost), now);
  if (tokens_rate_)
    tokens_rate_->note(share_of(used.tokens, rule_->window().max_tokens), now);
}

budget_core::time budget_group::record(const spend_amount& used, budget_core::time when) noexcept {
  if (cost_rate_)
    cost_rate_->record(share_of(used.cost, rule_->window().max_cost), when);
  if (tokens_rate_)
    tokens_rate_->record(share_of(used.tokens, rule_->window().max_tokens), when);
  return recorded_until_ = std::max(recorded_until_, when);
}

double budget_group::spent_share() const noexcept {
  const auto& w = rule_->window();
  return std::max(share_of(core_.spent().cost, w.max_cost), share_of(core_.spent().tokens, w.max_tokens));
}

bool budget_group::once(budget_event::kind what) noexcept {
  auto& in = told_in_[static_cast<std::size_t>(what)];
  return std::exchange(in, core_.era() + 1) != core_.era() + 1;
}

std::optional<budget_event::kind> budget_group::spent_news() const noexcept {
  const auto share = spent_share();
  if (share >= 1)
    return budget_event::kind::limit;
  const auto soft = rule_->settings().soft();
  return soft > 0 && share >= soft ? std::optional(budget_event::kind::soft) : std::nullopt;
}

template <class F>
bool budget_group::overruns(F&& is_news, budget_core::time now) noexcept {
  const auto& w = rule_->window();
  const auto one = [&](const std::unique_ptr<overrun_core>& rate, spend_amount::number spent, auto limit) {
    const auto so_far = w.rolling ? 0 : share_of(spent, limit);
    if (!rate || !is_news(*rate, so_far))
      return false;
    projected_ = rate->projected(so_far, core_.ahead(), now);
    return true;
  };
  return one(cost_rate_, core_.spent().cost, w.max_cost) || one(tokens_rate_, core_.spent().tokens, w.max_tokens);
}

std::optional<budget_event::kind> budget_group::news(bool full, budget_core::time now) noexcept {
  auto what = full ? std::optional(budget_event::kind::limit) : spent_news();
  const auto alarm = [&](overrun_core& rate, double so_far) { return rate.alarm(so_far, core_.ahead(), now); };
  if (!what && overruns(alarm, now))
    what = budget_event::kind::projected_overrun;
  return what && once(*what) ? what : std::nullopt;
}

std::optional<budget_event::kind> budget_group::past_news(budget_core::time then) noexcept {
  if (const auto what = spent_news())
    return what;
  const auto exceeds = [&](overrun_core& rate, double so_far) {
    return rate.projected(so_far, core_.ahead(), then) > 1;
  };
  return overruns(exceeds, then) ? std::optional(budget_event::kind::projected_overrun) : std::nullopt;
}

bool budget_group::other_currency_is_news() noexcept {
  return rule_->window().max_cost && once(budget_event::kind::other_currency);
}

budget_event budget_group::event(budget_event::kind what, budget_core::time now) const {
  budget_event e;
  e.what = what;
  e.state = state();
  e.when = now;
  e.share = what == budget_event::kind::projected_overrun ? projected_ : spent_share();
  return e;
}

budget_state budget_group::state() const {
  budget_state s;
  const auto& settings = rule_->settings();
  s.budget = settings.name();
  s.group = rule_->text_of(id_);
  s.currency = rule_->currency();
  s.max_cost = settings.max_cost();
  s.cost_spent = money::from_pico(core_.spent().cost);
  s.cost_reserved = money::from_pico(core_.reserved().cost);
  s.max_tokens = settings.max_tokens();
  s.tokens_spent = count(core_.spent().tokens);
  s.tokens_reserved = count(core_.reserved().tokens);
  s.unpriced = core_.spent().unpriced;
  s.refused = refused_;
  s.window_end = core_.window_end();
  return s;
}

budget_rule::budget_rule(budget settings)
    : settings_(std::move(settings)), currency_(settings_.currency()), window_(rule_of(settings_)),
      other_(*this, settings_.groups().empty() ? std::string() : std::string(other_id)) {}

bool budget_rule::applies(const spend_subject& who) const noexcept {
  const auto& filters = settings_.filters();
  return std::all_of(filters.begin(), filters.end(), [&](const budget::filter& f) {
    return std::any_of(filters.begin(), filters.end(),
                       [&](const budget::filter& g) { return same_part(f, g) && matches(g, who); });
  });
}

bool budget_rule::counts(money cost, std::string_view currency) {
  if (cost <= money() || currency.empty())
    return true;
  if (currency_.empty())
    append_plain(currency_, currency, longest_part);
  return equal_ignoring_case(currency_, currency);
}

budget_group& budget_rule::group(const spend_subject& who, budget_core::time now) {
  if (settings_.groups().empty())
    return other_;
  id_.clear();
  for (const auto& by : settings_.groups()) {
    if (&by != &settings_.groups().front())
      id_ += separator;
    append_plain(id_, part_of(who, by.part, by.tag), longest_part);
  }
  return group(id_, now);
}

budget_group& budget_rule::group(std::string_view id, budget_core::time now) {
  if (id == other_.id())
    return other_;
  if (const auto known = groups_.find(id); known != groups_.end())
    return *known->second;
  // What a group has spent as a part of `other` must not be forgotten by giving it a fresh window of its own.
  if (!other_.idle(now))
    return other_;
  if (groups_.size() >= settings_.max_groups()) {
    // A look at all of them, which is only worth it now and then.
    if (until_sweep_ > 0) {
      --until_sweep_;
      return other_;
    }
    std::erase_if(groups_, [now](const auto& g) { return g.second->idle(now); });
    if (groups_.size() >= settings_.max_groups()) {
      until_sweep_ = settings_.max_groups() / 8;
      return other_;
    }
  }
  std::string own(id);
  auto made = std::make_unique<budget_group>(*this, own);
  return *groups_.emplace(std::move(own), std::move(made)).first->second;
}

bool budget_rule::takes(std::string_view id) const noexcept {
  if (settings_.groups().empty() || id == other_.id())
    return id == other_.id();
  return std::count(id.begin(), id.end(), separator) + 1 == std::ptrdiff_t(settings_.groups().size());
}

void budget_rule::each(const std::function<void(budget_group&)>& f) {
  if (settings_.groups().empty())
    return f(other_);
  for (auto& [id, g] : groups_)
    f(*g);
  f(other_);
}

std::string budget_rule::text_of(const std::string& id) const {
  if (id == other_id)
    return "other";
  std::string text;
  std::string_view rest = id;
  for (const auto& by : settings_.groups()) {
    const auto value = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(rest.size(), value.size() + 1));
    text += text.empty() ? "" : ", ";
    switch (by.part) {
    case spend_part::key: text += "key="; break;
    case spend_part::provider: text += "provider="; break;
    case spend_part::model: text += "model="; break;
    case spend_part::tenant: text += "tenant="; break;
    case spend_part::tag:
      append_plain(text += "tag ", by.tag, longest_part);
      text += '=';
      break;
    }
    text += value.empty() ? std::string_view("(none)") : value;
  }
  return text;
}

} // namespace weir::inline v0
