#include "task/usage_sum.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace weir::inline v0 {

namespace {

constexpr std::string_view unit_names[] = {
    "input_text",
    "input_audio",
    "input_image",
    "input_video",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "cache_write_other",
    "output_text",
    "output_reasoning",
    "output_audio",
    "output_image",
    "input_milliseconds",
    "output_milliseconds",
    "input_characters",
    "pages",
    "images",
    "requests",
    "searches",
};
static_assert(std::size(unit_names) == usage_unit_count);

template <class F>
void for_each_unit(F f) {
  for (std::size_t i = 0; i != usage_unit_count; ++i)
    f(static_cast<usage_unit>(i));
}

// From one unit to another, both included.
struct unit_range {
  constexpr unit_range(usage_unit first, usage_unit last) : first(first), last(last) {}
  constexpr bool operator()(usage_unit u) const noexcept { return u >= first && u <= last; }
  usage_unit first, last;
};
constexpr unit_range input(usage_unit::input_text, usage_unit::cache_write_other);
constexpr unit_range output(usage_unit::output_text, usage_unit::output_image);

std::optional<std::uint64_t> sum_of(const usage_units& all, unit_range in) noexcept {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t sum = 0;
  bool any = false;
  for (auto i = static_cast<std::size_t>(in.first); i <= static_cast<std::size_t>(in.last); ++i)
    if (const auto n = all[static_cast<usage_unit>(i)]) {
      any = true;
      sum = *n > most - sum ? most : sum + *n;
    }
  return any ? std::optional(sum) : std::nullopt;
}

// Detail is what is told apart, not zeros.
int detail(const usage_units& all, unit_range in) noexcept {
  int n = 0;
  for_each_unit([&](usage_unit u) { n += in(u) && all[u].value_or(0) != 0; });
  return n;
}

void replace(usage_units& mine, const usage_units& later, unit_range in) noexcept {
  const auto sum = sum_of(later, in);
  const auto had = sum_of(mine, in);
  if (!sum || (*sum == 0 && had) || (sum == had && detail(later, in) < detail(mine, in)))
    return;
  for_each_unit([&](usage_unit u) {
    if (!in(u))
      return;
    mine.clear(u);
    mine.set(u, later[u]);
  });
}

} // namespace

std::string_view name_of(usage_unit u) noexcept { return unit_names[static_cast<std::size_t>(u)]; }

std::optional<usage_unit> usage_unit_of(std::string_view name) noexcept {
  const auto* found = std::find(std::begin(unit_names), std::end(unit_names), name);
  if (found == std::end(unit_names))
    return std::nullopt;
  return static_cast<usage_unit>(found - std::begin(unit_names));
}

std::optional<std::uint64_t> usage_units::input_tokens() const noexcept { return sum_of(*this, input); }

std::optional<std::uint64_t> usage_units::output_tokens() const noexcept { return sum_of(*this, output); }

void usage::merge(const usage& later) {
  const auto take = [](auto& mine, const auto& theirs) {
    if (theirs && (*theirs != 0 || !mine))
      mine = theirs;
  };
  take(prompt_tokens, later.prompt_tokens);
  take(completion_tokens, later.completion_tokens);
  take(total_tokens, later.total_tokens);
  take(cached_tokens, later.cached_tokens);
  take(cache_write_tokens, later.cache_write_tokens);
  take(reasoning_tokens, later.reasoning_tokens);
  take(cost, later.cost);
  replace(units, later.units, input);
  replace(units, later.units, output);
  for_each_unit([&](usage_unit u) {
    if (input(u) || output(u))
      return;
    if (const auto n = later.units[u]; n && (*n != 0 || !units.has(u)))
      units.set(u, *n);
  });
  inconsistent = inconsistent || later.inconsistent;
  estimated = estimated || later.estimated;
}

usage sum(const usage& a, const usage& b) noexcept {
  usage s = a;
  const auto add = [](auto& mine, const auto& theirs) {
    if (theirs)
      mine = mine ? *mine + *theirs : *theirs;
  };
  add(s.prompt_tokens, b.prompt_tokens);
  add(s.completion_tokens, b.completion_tokens);
  add(s.total_tokens, b.total_tokens);
  add(s.cached_tokens, b.cached_tokens);
  add(s.cache_write_tokens, b.cache_write_tokens);
  add(s.reasoning_tokens, b.reasoning_tokens);
  add(s.cost, b.cost);
  for_each_unit([&](usage_unit u) {
    if (const auto n = b.units[u])
      s.units.add(u, *n);
  });
  s.inconsistent = a.inconsistent || b.inconsistent;
  s.estimated = a.estimated || b.estimated;
  return s;
}

} // namespace weir::inline v0
