#include <weir/cost/budget.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>

#include <weir/core/error.hpp>

#include "cost/calendar/time_zone.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t most_groups = 1'000'000;
constexpr std::size_t longest_currency = 16;

[[noreturn]] void throw_invalid(std::string_view path, std::string_view field, std::string_view why) {
  std::string text(path);
  text.append(text.empty() ? "" : ".").append(field).append(": ").append(why);
  throw error(errc::invalid_configuration, std::move(text));
}

std::string_view name_of_part(spend_part p) noexcept {
  switch (p) {
  case spend_part::key: return "key";
  case spend_part::provider: return "provider";
  case spend_part::model: return "model";
  case spend_part::tenant: return "tenant";
  case spend_part::tag: break;
  }
  return "tag";
}

// `2026-12-01 00:00 +01:00`, to the second where that matters.
std::string moment_text(budget_state::time t, std::chrono::seconds offset) {
  using namespace std::chrono;
  const auto local = ceil<seconds>(t) + offset;
  const auto seconds_count = static_cast<std::time_t>(local.time_since_epoch().count());
  std::tm parts{};
  gmtime_r(&seconds_count, &parts);
  char text[40];
  const auto n = std::strftime(text, sizeof text, parts.tm_sec == 0 ? "%Y-%m-%d %H:%M " : "%Y-%m-%d %H:%M:%S ", &parts);
  std::string out(text, n);
  if (offset == seconds::zero())
    return out + "UTC";
  const auto minutes_east = std::abs(duration_cast<minutes>(offset).count());
  const auto two = [&out](auto v) { out.append(1, char('0' + v / 10)).append(1, char('0' + v % 10)); };
  out += offset < seconds::zero() ? '-' : '+';
  two(minutes_east / 60);
  out += ':';
  two(minutes_east % 60);
  return out;
}

} // namespace

budget& budget::add(spend_part part, std::string tag, std::string value) {
  filter f;
  f.part = part;
  f.tag = std::move(tag);
  f.value = std::move(value);
  filters_.push_back(std::move(f));
  return *this;
}

budget& budget::add_group(spend_part part, std::string tag) {
  group_by g;
  g.part = part;
  g.tag = std::move(tag);
  groups_.push_back(std::move(g));
  return *this;
}

void budget::check(std::string_view path) const {
  if (name_.empty())
    throw_invalid(path, "name", "is empty");
  if (!max_cost_ && !max_tokens_)
    throw_invalid(path, "max_cost", "a budget needs a ceiling of money or of tokens (max_tokens)");
  if (max_cost_ && (*max_cost_ <= money() || max_cost_->saturated()))
    throw_invalid(path, "max_cost", "must be an amount above 0");
  const auto is_letter = [](char c) { return c > ' ' && c < '\x7f'; };
  if (currency_.size() > longest_currency || !std::all_of(currency_.begin(), currency_.end(), is_letter))
    throw_invalid(path, "currency", "must be a short name such as USD, in ASCII and without blanks");
  if (max_tokens_ && *max_tokens_ == 0)
    throw_invalid(path, "max_tokens", "must be above 0");
  if (!rolling_ && !time_zone::find(zone_))
    throw_invalid(path, "zone",
                  "no such time zone on this system: '" + zone_ + "' (UTC, +02:00, local, or a name as Europe/Berlin)");
  for (const auto& f : filters_) {
    const auto field = name_of_part(f.part);
    if (f.part == spend_part::tag && f.tag.empty())
      throw_invalid(path, field, "has no name");
    if (const auto star = f.value.find('*'); star != std::string::npos && star + 1 != f.value.size())
      throw_invalid(path, field, "'*' may stand at the end only: '" + f.value + "'");
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].part == spend_part::tag && groups_[i].tag.empty())
      throw_invalid(path, "each_tag", "has no name");
    if (std::find(groups_.begin(), groups_.begin() + std::ptrdiff_t(i), groups_[i]) !=
        groups_.begin() + std::ptrdiff_t(i))
      throw_invalid(path, "each", "names " + std::string(name_of_part(groups_[i].part)) + " twice");
  }
  if (max_groups_ < 1 || max_groups_ > most_groups)
    throw_invalid(path, "max_groups", "must be between 1 and 1,000,000");
  if (!(soft_ >= 0 && soft_ <= 1))
    throw_invalid(path, "soft", "must be between 0 and 1");
}

std::string_view name_of(budget::span s) noexcept {
  switch (s) {
  case budget::span::minute: return "minute";
  case budget::span::hour: return "hour";
  case budget::span::day: return "day";
  case budget::span::week: return "week";
  case budget::span::month: break;
  }
  return "month";
}

money budget_state::cost_left() const noexcept {
  return max_cost ? std::max(money(), *max_cost - cost_spent - cost_reserved) : money();
}

std::uint64_t budget_state::tokens_left() const noexcept {
  if (!max_tokens || *max_tokens <= tokens_spent)
    return 0;
  const auto left = *max_tokens - tokens_spent;
  return left > tokens_reserved ? left - tokens_reserved : 0;
}

std::string budget_refusal::message() const {
  std::string text = "budget '" + state.budget + "'";
  if (!state.group.empty())
    text += " (" + state.group + ")";
  if (why == reason::unpriced && cost > money() && !state.currency.empty() && currency != state.currency)
    return text + ": the price of this call is in " + currency + ", and the budget requires one in " + state.currency;
  if (why == reason::unpriced)
    return text + ": there is no price for this call, and the budget requires one";
  const bool of_cost = why == reason::cost;
  const auto amount = [](std::uint64_t n) { return std::to_string(n) + " tokens"; };
  const auto left = of_cost ? state.cost_left().text() : amount(state.tokens_left());
  const auto unit = of_cost && !state.currency.empty() ? " " + state.currency : std::string();
  const auto limit = (of_cost ? state.max_cost.value_or(money()).text() : amount(state.max_tokens.value_or(0))) + unit;
  text += ": " + left + " left of " + limit + ", this call may take " + (of_cost ? cost.text() : amount(tokens));
  if (!retry_at)
    return text + ", more than the whole budget";
  return text + "; room again at " + moment_text(*retry_at, zone_offset);
}

} // namespace weir::inline v0
