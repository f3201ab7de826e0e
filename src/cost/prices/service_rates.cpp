// The rates of a service tier or speed.
#include <algorithm>

#include "cost/prices/pricing.hpp"

namespace weir::inline v0 {

namespace {

// A factor of 1.
constexpr auto one = rate::from_atto(1'000'000'000'000'000'000);

std::string named(std::string_view name, std::initializer_list<std::string_view> standard) {
  if (name.empty())
    return {};
  auto lowered = name_pattern::lower(name);
  return std::find(standard.begin(), standard.end(), lowered) == standard.end() ? lowered : std::string();
}

bool applies(const price_variant& v, const price_service& how, std::int64_t at) noexcept {
  return (v.service_tier.empty() || v.service_tier == how.tier) && (v.speed.empty() || v.speed == how.speed) &&
         (!v.batch || how.batch) && v.when.holds(at);
}

// The plain tokens of the same direction.
constexpr usage_unit plain(usage_unit u) noexcept {
  return is_input_tokens(u) ? usage_unit::input_text : usage_unit::output_text;
}

// Rates for one size of prompt: the standard ones, and what variants make of them.
class mixer {
public:
  mixer(const price_period& p, std::uint64_t prompt, std::int64_t at, request_rates& result)
      : result_(result), period_(p), prompt_(prompt), at_(at), tier_(p.rates.tier_for(prompt)),
        standard_(tier_ ? tier_->rates : p.rates.base) {}

  void mix(const price_service& how) {
    std::vector<const price_variant*> all;
    for (const auto& v : period_.variants)
      if (applies(v, how, at_))
        all.push_back(&v);
    auto& rates = result_.mixed.emplace();
    for (std::size_t i = 0; i != usage_unit_count; ++i)
      if (const auto u = static_cast<usage_unit>(i); const auto r = rate_of_unit(u, all))
        rates.set(u, *r);
    result_.remark = unpriced_part(how, all);
  }

private:
  std::optional<rate> rate_of_unit(usage_unit u, const std::vector<const price_variant*>& all) {
    std::optional<rate> r;
    if (standard_.has(u))
      r = standard_[u];
    bool own = false;
    for (const auto* v : all) {
      if (v->factor != rate()) {
        if (r && u != usage_unit::requests && u != usage_unit::searches)
          r = r->times(v->factor, one);
      } else if (const auto found = own ? std::nullopt : rate_in(*v, u)) {
        r = found;
        own = true;
      }
    }
    return r;
  }

  // The variant's rate, of its own or scaled.
  std::optional<rate> rate_in(const price_variant& v, usage_unit u) {
    const auto* tier = v.rates.tier_for(prompt_);
    if (tier && tier->rates.has(u))
      return tier->rates[u];
    if (v.rates.base.has(u)) {
      const auto usual = v.rates.base[u];
      if (v.rest_unchanged || !tier_ || !standard_.has(u) || standard_[u] == period_.rates.base[u])
        return usual;
      return scaled(u, usual, standard_[u], period_.rates.base[u]);
    }
    if (v.rest_unchanged || !standard_.has(u) || !(is_input_tokens(u) || is_output_tokens(u)))
      return std::nullopt;
    const auto base = plain(u);
    if (u == base || !v.rates.base.has(base) || !period_.rates.base.has(base))
      return std::nullopt;
    return scaled(u, standard_[u], v.rates.base[base], period_.rates.base[base]);
  }

  std::optional<rate> scaled(usage_unit u, rate r, rate to, rate from) {
    if (from == rate())
      return r;
    if (r != rate())
      result_.scaled |= std::uint32_t{1} << static_cast<unsigned>(u);
    return r.times(to, from);
  }

  static std::string unpriced_part(const price_service& how, const std::vector<const price_variant*>& all) {
    const auto missing = [&](auto knows, std::string_view what, std::string_view name) {
      if (std::any_of(all.begin(), all.end(), knows))
        return std::string();
      return "the price list has no price for the " + std::string(what) + " \"" + std::string(name) +
             "\": the standard price is used";
    };
    if (how.batch)
      if (auto r = missing([](const auto* v) { return v->batch; }, "service tier", "batch"); !r.empty())
        return r;
    if (!how.tier.empty())
      if (auto r = missing([](const auto* v) { return !v->service_tier.empty(); }, "service tier", how.tier);
          !r.empty())
        return r;
    if (!how.speed.empty())
      return missing([](const auto* v) { return !v->speed.empty(); }, "speed", how.speed);
    return {};
  }

  request_rates& result_;
  const price_period& period_;
  const std::uint64_t prompt_;
  const std::int64_t at_;
  const rate_tier* tier_;
  const unit_rates& standard_;
};

} // namespace

price_service::price_service(std::string_view tier_name, std::string_view speed_name, bool in_batch)
    : tier(named(tier_name, {"default", "standard", "auto", "on_demand"})), speed(named(speed_name, {"standard"})),
      batch(in_batch || tier == "batch") {
  if (tier == "batch")
    tier.clear();
}

request_rates rates_for(const price_period& p, std::uint64_t prompt, const price_service& how, std::int64_t at) {
  request_rates r;
  if (how.standard()) {
    const auto* tier = p.rates.tier_for(prompt);
    r.listed = tier ? &tier->rates : &p.rates.base;
  } else {
    mixer(p, prompt, at, r).mix(how);
  }
  return r;
}

} // namespace weir::inline v0
