#include "bench/measure/tally.hpp"

#include <algorithm>

#include "core/failure/code_name.hpp"

namespace weir::inline v0::measure {

namespace {

bool exceeds(const sample& s, const slo& objective) noexcept {
  if (objective.of() == bench_metric::chunk_gap)
    return std::any_of(s.gaps.begin(), s.gaps.end(), [&](duration gap) { return gap > objective.limit(); });
  const auto v = s.of(objective.of());
  return v && *v > objective.limit();
}

// A few servers' errors have words of their own; what an attacker sends must not grow without end.
constexpr std::size_t most_kinds = 100;

template <class Map>
void add_all(Map& to, const Map& from) {
  for (const auto& [key, n] : from)
    to[key] += n;
}

} // namespace

bool is_good(const sample& s, std::span<const slo> objectives) noexcept {
  return s.complete() &&
         std::none_of(objectives.begin(), objectives.end(), [&s](const slo& o) { return exceeds(s, o); });
}

void tally::add(const sample& s, std::span<const slo> objectives) {
  ++calls;
  attempts += s.attempts;
  ++outcomes[static_cast<std::size_t>(s.outcome)];
  if (s.status != 0 && s.status != 200)
    ++statuses[s.status];
  if (!s.complete()) {
    const auto kind = code_name(s.failure);
    ++failures[failures.size() < most_kinds || failures.contains(kind) ? kind : "others"];
    return;
  }
  ++complete;
  bool within = true;
  for (const auto& o : objectives)
    if (exceeds(s, o)) {
      within = false;
      ++misses[o.text()];
    }
  good += within;
  input_tokens += s.input_tokens;
  cached_tokens += s.cached_tokens;
  output_tokens += s.output_tokens;
  useful_tokens += within ? s.output_tokens : 0;
  estimated += s.estimated;
  if (!s.estimated && s.wanted_input > 0) {
    wanted_input += s.wanted_input;
    got_input += s.input_tokens;
  }
  if (!s.estimated && s.wanted_output > 0) {
    wanted_output += s.wanted_output;
    got_output += s.output_tokens;
  }
  for (std::size_t i = 0; i < bench_metrics; ++i)
    if (const auto v = s.of(static_cast<bench_metric>(i)))
      times[i].add(*v);
  for (const auto gap : s.gaps)
    times[static_cast<std::size_t>(bench_metric::chunk_gap)].add(gap);
}

tally& tally::merge(const tally& other) {
  calls += other.calls;
  complete += other.complete;
  good += other.good;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    outcomes[i] += other.outcomes[i];
  add_all(failures, other.failures);
  add_all(statuses, other.statuses);
  add_all(misses, other.misses);
  attempts += other.attempts;
  input_tokens += other.input_tokens;
  cached_tokens += other.cached_tokens;
  output_tokens += other.output_tokens;
  useful_tokens += other.useful_tokens;
  estimated += other.estimated;
  wanted_input += other.wanted_input;
  got_input += other.got_input;
  wanted_output += other.wanted_output;
  got_output += other.got_output;
  for (std::size_t i = 0; i < bench_metrics; ++i)
    times[i].merge(other.times[i]);
  return *this;
}

} // namespace weir::inline v0::measure
