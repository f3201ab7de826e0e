#include <weir/cost/alerts.hpp>

#include <charconv>
#include <cmath>

#include "cost/plain_text.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t longest = 400;

std::string plain(std::string_view text) {
  std::string out;
  append_plain(out, text, longest);
  return out;
}

std::string percent(double share) {
  return std::to_string(std::llround(std::min(std::max(share, 0.0), 1e6) * 100)) + " %";
}

std::string with_s(std::uint64_t n, std::string_view what) {
  return std::to_string(n) + ' ' + std::string(what) + (n == 1 ? "" : "s");
}

std::string spent_of(const budget_state& s) {
  std::string text;
  if (s.max_cost)
    text = s.cost_spent.text() + " of " + s.max_cost->text() + (s.currency.empty() ? "" : " " + plain(s.currency));
  if (s.max_tokens)
    text += (text.empty() ? "" : ", ") + std::to_string(s.tokens_spent) + " of " + std::to_string(*s.max_tokens) +
            " tokens";
  return text;
}

// Slack's three characters: a tag must not become a link, or a call to everyone.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  return out;
}

class object {
public:
  void text(std::string_view name, std::string_view value) { append_json_string(member(name), value); }
  void raw(std::string_view name, std::string_view value) { member(name) += value; }
  void number(std::string_view name, std::uint64_t n) { raw(name, std::to_string(n)); }
  std::string end() { return std::move(out_ += '}'); }

private:
  std::string& member(std::string_view name) {
    out_ += out_.size() > 1 ? "," : "";
    append_json_string(out_, name);
    return out_ += ':';
  }
  std::string out_ = "{";
};

} // namespace

std::string_view name_of(alert::kind k) noexcept {
  switch (k) {
  case alert::kind::spike: return "spike";
  case alert::kind::projected_overrun: return "projected_overrun";
  case alert::kind::soft_limit: return "soft_limit";
  case alert::kind::limit: return "limit";
  case alert::kind::unpriced: return "unpriced";
  case alert::kind::lost_entries: break;
  }
  return "lost_entries";
}

std::string alert::text() const {
  const auto about = group.empty() ? std::string() : " (" + plain(group) + ")";
  const auto of_budget = "budget '" + plain(budget) + "'" + about;
  std::string line;
  switch (what) {
  case kind::spike:
    line = "spending spike" + about + ": " + rate.value_or(money()).text(2) + " an hour";
    line += baseline ? ", usually " + baseline->text(2) : ", with no usual rate known yet";
    break;
  case kind::projected_overrun:
    line =
        of_budget + " will be exceeded: " + percent(share.value_or(0)) + " of it by the end of the window at this rate";
    break;
  case kind::soft_limit: line = of_budget + ": " + percent(share.value_or(0)) + " is spent"; break;
  case kind::limit: line = of_budget + (share.value_or(0) >= 1 ? " is used up" : " had no room for a call"); break;
  case kind::unpriced:
    if (!budget.empty()) {
      line = of_budget + ": costs in " + plain(detail) + " are not counted" +
             (state && !state->currency.empty() ? ", its ceiling is in " + plain(state->currency) : std::string());
      break;
    }
    line = with_s(count, "call") + " without a price" + about + ": the cost is not known, and not counted";
    break;
  case kind::lost_entries:
    line = with_s(count, "ledger entr");
    line.replace(line.size() - (count == 1 ? 0 : 1), std::string::npos, count == 1 ? "y" : "ies");
    line += " lost" + (detail.empty() ? "" : ": " + plain(detail));
    break;
  }
  if (state)
    line += " (" + spent_of(*state) + ")";
  if (held_back > 0)
    line += "; " + std::to_string(held_back) + " more since the last alert";
  return line;
}

std::string alert::json() const {
  object o;
  o.text("text", escaped(text()));
  o.text("kind", name_of(what));
  o.raw("time", std::to_string(std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count()));
  if (!group.empty())
    o.text("group", plain(group));
  if (!budget.empty())
    o.text("budget", plain(budget));
  if (rate)
    o.text("rate_per_hour", rate->text());
  if (baseline)
    o.text("baseline_per_hour", baseline->text());
  if (share && std::isfinite(*share)) {
    char number[40];
    const auto r = std::to_chars(number, number + sizeof number, *share, std::chars_format::fixed, 4);
    if (r.ec == std::errc())
      o.raw("share", std::string_view(number, std::size_t(r.ptr - number)));
  }
  if (state) {
    if (!state->currency.empty())
      o.text("currency", plain(state->currency));
    if (state->max_cost) {
      o.text("max_cost", state->max_cost->text());
      o.text("cost_spent", state->cost_spent.text());
    }
    if (state->max_tokens) {
      o.number("max_tokens", *state->max_tokens);
      o.number("tokens_spent", state->tokens_spent);
    }
  }
  if (count > 0)
    o.number("count", count);
  if (!detail.empty())
    o.text("detail", plain(detail));
  if (held_back > 0)
    o.number("held_back", held_back);
  return o.end();
}

} // namespace weir::inline v0
