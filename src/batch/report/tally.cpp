#include "batch/report/tally.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "batch/output/error_text.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t most_kinds = 200; // kept; errors of the system's have no fixed number
constexpr std::size_t shown_kinds = 20;
constexpr std::size_t slowest_kept = 5;
constexpr std::size_t longest_example = 500;
constexpr duration shortest_span = std::chrono::milliseconds(250);
// Fewer than these are no rate to tell the end by.
constexpr std::uint64_t enough = 10;

bool answered(const batch_result& r) noexcept {
  return r.outcome == outcome::complete || r.outcome == outcome::length || r.outcome == outcome::filtered;
}

// At the end of a character.
std::string cut(std::string text) {
  if (text.size() <= longest_example)
    return text;
  auto end = longest_example;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end) + "…";
}

} // namespace

void batch_tally::called(const batch_result& r, time_point now) {
  ++sum_.calls;
  sum_.attempts += r.attempts;
  recent_calls_.add(now, 1);
  if (r.cost) {
    sum_.cost[r.currency] += *r.cost;
    sum_.cost_estimated = sum_.cost_estimated || r.cost_estimated;
  } else if (answered(r) && !r.cache_hit) {
    ++sum_.unpriced;
  }
  if (r.cache_hit)
    return; // nothing was sent, and its time tells nothing of the provider
  const auto& u = r.usage;
  const auto out = (u.completion_tokens ? u.completion_tokens : u.units.output_tokens()).value_or(0);
  sum_.input_tokens += (u.prompt_tokens ? u.prompt_tokens : u.units.input_tokens()).value_or(0);
  sum_.cached_tokens += u.cached_tokens.value_or(0);
  sum_.output_tokens += out;
  recent_tokens_.add(now, out);
  if (!answered(r) || r.took == duration())
    return;
  took_.add(r.took);
  if (r.first_token != duration())
    first_token_.add(r.first_token);
  keep_if_slow(r);
}

void batch_tally::done(const batch_result& r, time_point now) {
  --sum_.in_flight;
  ++settled_;
  recent_settled_.add(now, 1);
  settle(r);
}

void batch_tally::done_at_once(const batch_result& r) { settle(r); }

void batch_tally::settle(const batch_result& r) {
  ++sum_.done;
  ++sum_.outcomes[static_cast<std::size_t>(r.outcome)];
  sum_.restored += r.restored ? 1 : 0;
  sum_.repeated += r.same_as.empty() ? 0 : 1;
  sum_.cached += r.cache_hit ? 1 : 0;
  if (!r.succeeded())
    count_failure(r);
}

void batch_tally::count_failure(const batch_result& r) {
  auto code = error_code_of(r);
  if (failures_.size() >= most_kinds && !failures_.contains(code))
    code = "other";
  auto& kind = failures_[code];
  if (kind.count++ != 0)
    return;
  kind.code = code;
  kind.example = cut(error_message_of(r));
  kind.example_id = r.id;
}

void batch_tally::keep_if_slow(const batch_result& r) {
  if (slowest_.size() == slowest_kept && r.took <= slowest_.back().second)
    return;
  // Of an item that was asked again, the slower call.
  if (const auto it = std::find_if(slowest_.begin(), slowest_.end(), [&r](const auto& s) { return s.first == r.id; });
      it != slowest_.end())
    it->second = std::max(it->second, r.took);
  else
    slowest_.emplace_back(r.id, r.took);
  std::stable_sort(slowest_.begin(), slowest_.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (slowest_.size() > slowest_kept)
    slowest_.pop_back();
}

batch_progress batch_tally::progress(time_point now) const {
  auto p = sum_;
  for (const auto& [code, kind] : failures_)
    p.failures.push_back(kind);
  std::stable_sort(p.failures.begin(), p.failures.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  if (p.failures.size() > shown_kinds)
    p.failures.resize(shown_kinds);
  p.elapsed = now - begun_;
  if (held_until_ && *held_until_ > now)
    p.held = *held_until_ - now;
  const auto span = in_seconds(std::clamp(p.elapsed, shortest_span, recent_sum::span));
  p.calls_per_s = static_cast<double>(recent_calls_.at(now)) / span;
  p.output_tokens_per_s = static_cast<double>(recent_tokens_.at(now)) / span;
  if (!p.total)
    return p;
  const auto left = *p.total > p.done ? *p.total - p.done : 0;
  if (left == 0) {
    p.left = duration();
  } else if (settled_ != 0) {
    const auto recent = recent_settled_.at(now);
    const auto rate = recent >= enough ? static_cast<double>(recent) / span
                                       : static_cast<double>(settled_) / in_seconds(std::max(p.elapsed, shortest_span));
    // A guess of centuries is none.
    if (const auto s = static_cast<double>(left) / rate; s < 1e8)
      p.left = std::chrono::round<duration>(std::chrono::duration<double>(s)) + p.held.value_or(duration());
  }
  return p;
}

batch_report batch_tally::report(time_point now, std::string stopped) const {
  batch_report r;
  static_cast<batch_progress&>(r) = progress(now);
  r.stopped = std::move(stopped);
  constexpr std::array shares{0.5, 0.9, 0.95, 0.99};
  for (std::size_t i = 0; i != shares.size(); ++i) {
    r.took[i] = took_.quantile(shares[i]);
    r.first_token[i] = first_token_.quantile(shares[i]);
  }
  r.slowest = slowest_;
  return r;
}

} // namespace weir::inline v0
