// The report at the end of a batch, for people.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "batch/report/numbers.hpp"
#include "batch/report/words.hpp"
#include "core/time/duration.hpp"
#include "core/time/in_seconds.hpp"
#include "cost/plain_text.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t longest_id = 60;
constexpr std::size_t longest_example = 300;
constexpr std::size_t shown_kinds = 10;
constexpr std::size_t margin = 13;

std::string plain(std::string_view text, std::size_t most) {
  std::string out;
  append_plain(out, text, most);
  return out.size() < text.size() ? out + "…" : out;
}

// `name` in the margin, and what it is.
void add(std::string& out, std::string_view name, const std::string& text) {
  if (text.empty())
    return;
  out += name;
  out.append(name.size() < margin ? margin - name.size() : 1, ' ');
  out.append(text).append("\n");
}

void join(std::string& list, const std::string& text, const char* with = ", ") {
  list += (list.empty() ? "" : with) + text;
}

std::string outcomes(const batch_report& r) {
  constexpr std::array words{
      "complete",  "cut off by the token limit", "filtered", "broken off by the provider", "broken off", "stalled",
      "cancelled", "past the deadline",          "failed"};
  std::string text;
  for (std::size_t i = 0; i != words.size(); ++i)
    if (r.outcomes[i] != 0)
      join(text, grouped(r.outcomes[i]) + ' ' + words[i]);
  const auto open = r.total.value_or(r.read) > r.done ? r.total.value_or(r.read) - r.done : 0;
  if (open != 0)
    join(text, grouped(open) + " not done yet");
  return text;
}

std::string without_call(const batch_report& r) {
  std::string text;
  if (r.restored != 0)
    join(text, grouped(r.restored) + " from an earlier run");
  if (r.repeated != 0)
    join(text, grouped(r.repeated) + " answered by an identical request");
  if (r.cached != 0)
    join(text, grouped(r.cached) + " from the response cache");
  return text;
}

std::string requests(const batch_report& r) {
  auto text = grouped(r.calls);
  if (r.attempts > r.calls)
    text += " (" + grouped(r.attempts) + " attempts)";
  text += " in " + time_left(r.elapsed);
  const auto s = in_seconds(r.elapsed);
  return s > 0 ? text + ", " + short_number(static_cast<double>(r.calls) / s) + "/s" : text;
}

std::string tokens(const batch_report& r) {
  if (r.input_tokens == 0 && r.output_tokens == 0)
    return {};
  auto text = grouped(r.input_tokens) + " in";
  if (r.cached_tokens != 0)
    text += " (" + grouped(r.cached_tokens) + " cached)";
  return text + ", " + grouped(r.output_tokens) + " out";
}

bool is_something(const std::map<std::string, money>& amounts) {
  return std::any_of(amounts.begin(), amounts.end(), [](const auto& a) { return a.second != money(); });
}

std::map<std::string, money> sum(std::map<std::string, money> a, const std::map<std::string, money>& b) {
  for (const auto& [currency, amount] : b)
    a[currency] += amount;
  return a;
}

// Of this run, and of all where earlier ones have spent something.
std::string cost(const batch_report& r, const std::map<std::string, money>& before) {
  const auto own = spent_text(r);
  const bool earlier = is_something(before);
  if (r.calls == 0)
    return earlier ? "nothing in this run, " + amounts_text(before) + " in earlier runs" : std::string();
  auto text = own.empty() && r.unpriced != 0 ? "unknown: no price is known for the model" : own;
  if (earlier && own.empty())
    join(text, amounts_text(before) + " in earlier runs", "; ");
  else if (earlier)
    text += " in this run, " + amounts_text(sum(before, r.cost)) + " in all";
  if (own.empty())
    return text;
  if (r.cost_estimated)
    text += ", estimated in part";
  if (r.unpriced != 0)
    text += "; without " + counted(r.unpriced, "answer", "answers") + " of unknown price";
  return text;
}

std::string quantiles(const std::array<duration, 4>& all) {
  if (all.back() == duration())
    return {};
  constexpr std::array names{"p50 ", "p90 ", "p95 ", "p99 "};
  std::string text;
  for (std::size_t i = 0; i != names.size(); ++i)
    join(text, names[i] + format_duration(all[i]), "  ");
  return text;
}

std::string slowest(const batch_report& r) {
  std::string text;
  for (const auto& [id, took] : r.slowest)
    join(text, plain(id, longest_id) + ' ' + format_duration(took));
  return text;
}

void add_errors(std::string& out, const batch_report& r) {
  std::string_view name = "errors";
  for (std::size_t i = 0; i != std::min(shown_kinds, r.failures.size()); ++i) {
    const auto& kind = r.failures[i];
    auto text = grouped(kind.count) + " × " + kind.code + ", such as " + plain(kind.example_id, longest_id);
    // What is known by its place is named by its message already.
    std::string_view example = kind.example;
    if (!kind.example_id.empty() && example.starts_with(kind.example_id + ": "))
      example.remove_prefix(kind.example_id.size() + 2);
    if (!example.empty())
      text += ": " + plain(example, longest_example);
    add(out, std::exchange(name, ""), text);
  }
  if (r.failures.size() > shown_kinds)
    add(out, "", "and " + counted(r.failures.size() - shown_kinds, "more kind", "more kinds"));
}

std::string next_step(const batch_report& r, const report_places& where) {
  const bool again = where.asks_failures_again();
  if (!r.complete())
    return where.journal().empty() || !where.can_continue()
               ? std::string()
               : "Run the same command again to continue: nothing that is done is sent again.";
  if (r.failed() == 0)
    return {};
  const auto items = counted(r.failed(), "item", "items");
  if (again)
    return "Run the same command again to retry the " + items + " without a complete answer.";
  return where.failures().empty()
             ? std::string()
             : "To retry the " + items + " without a complete answer, use " + where.failures() + " as the input.";
}

} // namespace

std::string report_text(const batch_report& r, const report_places& where) {
  std::string out;
  if (!r.complete() && where.says_why())
    out += "Stopped: " + plain(r.stopped, longest_example) + "\n";
  const auto items = std::max(r.total.value_or(r.read), r.done);
  const auto how = outcomes(r);
  add(out, "items", how.empty() ? grouped(items) : grouped(items) + ": " + how);
  add(out, "of these", without_call(r));
  if (r.calls != 0) {
    add(out, "requests", requests(r));
    add(out, "tokens", tokens(r));
  }
  add(out, "cost", cost(r, where.spent_before()));
  if (r.calls != 0) {
    add(out, "latency", quantiles(r.took));
    add(out, "first token", quantiles(r.first_token));
    add(out, "slowest", slowest(r));
  }
  add_errors(out, r);
  add(out, "output", where.output());
  add(out, "failures", r.failed() == 0 ? std::string() : where.failures());
  add(out, "journal", where.journal());
  if (const auto next = next_step(r, where); !next.empty())
    out += next + "\n";
  return out;
}

} // namespace weir::inline v0
