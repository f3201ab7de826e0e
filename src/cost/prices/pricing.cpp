#include "cost/prices/pricing.hpp"

#include <algorithm>
#include <initializer_list>

namespace weir::inline v0 {

namespace {

using enum usage_unit;

// The unit with the dearest of the rates that are there.
std::optional<usage_unit> dearest(const unit_rates& rates, std::initializer_list<usage_unit> units) noexcept {
  std::optional<usage_unit> found;
  for (const auto u : units)
    if (rates.has(u) && (!found || rates[u] > rates[*found]))
      found = u;
  return found;
}

std::optional<usage_unit> first(const unit_rates& rates, std::initializer_list<usage_unit> units) noexcept {
  for (const auto u : units)
    if (rates.has(u))
      return u;
  return std::nullopt;
}

bool counts(const usage_units& units, usage_unit u) { return units[u].value_or(0) != 0; }

// Counts that measure what other units count as well: charged by those where a list has prices for them.
bool charged_otherwise(const usage_units& units, const unit_rates& rates, usage_unit u) {
  const auto by = [&](std::initializer_list<usage_unit> others) {
    return std::any_of(others.begin(), others.end(), [&](usage_unit o) { return counts(units, o) && rates.has(o); });
  };
  switch (u) {
  case images: return by({output_image});
  case input_milliseconds: return by({input_audio, input_video});
  case output_milliseconds: return by({output_audio});
  case input_characters: return by({input_text});
  default: return false;
  }
}

// Of those, without a price of their own: whether tokens tell what the request cost all the same.
bool measured_by_tokens(const usage_units& units, usage_unit u) {
  switch (u) {
  case images:
  case output_milliseconds: return units.output_tokens().value_or(0) != 0;
  case input_milliseconds:
  case input_characters:
  case pages: return units.input_tokens().value_or(0) != 0;
  case requests: return true;
  default: return false;
  }
}

void say(priced& result, std::string_view words) {
  result.incomplete = true;
  if (!result.remark.empty())
    result.remark.append("; ");
  result.remark.append(words);
}

} // namespace

std::optional<usage_unit> charged_as(const unit_rates& rates, usage_unit u) noexcept {
  if (rates.has(u))
    return u;
  switch (u) {
  case input_audio:
  case input_image:
  case input_video:
  case cache_read: return first(rates, {input_text});
  case cache_write_5m: return first(rates, {cache_write_other, input_text});
  case cache_write_1h: return dearest(rates, {cache_write_5m, cache_write_other, input_text});
  case cache_write_other: return first(rates, {cache_write_5m, input_text});
  case output_reasoning:
  case output_audio:
  case output_image: return first(rates, {output_text});
  default: return std::nullopt;
  }
}

void price_usage(const price_period& p, const usage& u, const price_service& how, std::int64_t at, priced& result) {
  const auto prompt = u.units.input_tokens().value_or(0);
  const auto found = rates_for(p, prompt, how, at);
  const auto& rates = found.rates();
  if (!found.remark.empty())
    say(result, found.remark);
  cost_sum sum;
  for (std::size_t i = 0; i != usage_unit_count; ++i) {
    const auto unit = static_cast<usage_unit>(i);
    auto count = u.units[unit].value_or(0);
    if (unit == requests && !u.units.has(requests) && rates.has(requests))
      count = 1;
    if (count == 0 || charged_otherwise(u.units, rates, unit))
      continue;
    const auto charged = charged_as(rates, unit);
    if (!charged) {
      if (measured_by_tokens(u.units, unit))
        continue;
      result.why_unpriced = "the price list has no price for " + std::string(name_of(unit));
      return;
    }
    // Reasoning is output, and what has a price of its own for it says so.
    if (*charged != unit && unit != output_reasoning)
      say(result, "no price for " + std::string(name_of(unit)) + ": charged as " + std::string(name_of(*charged)));
    if (found.is_scaled(*charged))
      say(result, "no price of this service for " + std::string(name_of(*charged)) + ": scaled from others of it");
    sum.add(rates[*charged], count);
  }
  if (u.inconsistent)
    say(result, "the reported usage contradicts itself");
  const auto total = sum.total();
  if (total.saturated()) {
    result.why_unpriced = "the cost is out of range";
    return;
  }
  result.computed = total;
}

} // namespace weir::inline v0
