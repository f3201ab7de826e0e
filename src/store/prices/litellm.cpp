// LiteLLM's price file: one object per model, prices in USD per unit under names of many parts.
#include <algorithm>

#include "cost/prices/providers.hpp"
#include "store/prices/formats.hpp"
#include "store/prices/litellm_key.hpp"

namespace weir::inline v0::price_lists {

namespace {

// The provider of a model and the names that it is called by. An alias (`xai/grok-latest`) is the provider's that it
// begins with, else that of the model it stands for.
void read_names(const field& model, const field& original, price_entry& e) {
  const auto key = model.key();
  const auto slash = key.find('/');
  const bool alias = model.key() != original.key();
  std::string_view owner;
  if (const auto f = member(original, "litellm_provider"); f && (!alias || slash == std::string_view::npos))
    owner = f->string();
  else if (slash != std::string_view::npos)
    owner = key.substr(0, slash);
  e.provider = canonical_provider(owner);
  e.model = key;
  e.names = {name_pattern::lower(key)};
  if (slash == std::string_view::npos)
    return;
  const auto rest = key.substr(slash + 1);
  if (canonical_provider(key.substr(0, slash)) != e.provider)
    return;
  e.names.push_back(name_pattern::lower(rest));
  // `huggingface/together/deepseek-ai/DeepSeek-R1`: the router's provider.
  if (const auto next = rest.find('/'); e.provider == "huggingface" && next != std::string_view::npos) {
    e.provider = canonical_provider(rest.substr(0, next));
    e.names.push_back(name_pattern::lower(rest.substr(next + 1)));
  }
}

price_variant& variant_of(price_period& p, const litellm_key& k) {
  const auto found = std::find_if(p.variants.begin(), p.variants.end(), [&](const price_variant& v) {
    return v.service_tier == k.service_tier && v.batch == k.batch;
  });
  if (found != p.variants.end())
    return *found;
  auto& v = p.variants.emplace_back();
  v.service_tier = k.service_tier;
  v.batch = k.batch;
  return v;
}

void read_price(const field& price, price_period& p, price_reader& to) {
  const auto k = parse_litellm_key(price.key());
  if (!k.unit) {
    if (!k.known)
      to.unknown(price, price.key());
    return;
  }
  const auto r = read_rate(price, *k.unit, k.per);
  auto& card = k.service_tier.empty() && !k.batch ? p.rates : variant_of(p, k).rates;
  auto& rates = k.above == 0 ? card.base : card.tier(k.above);
  if (k.any_lifetime)
    set_cache_write(rates, r);
  else
    rates.set(*k.unit, r);
}

void read_prices_of(const field& model, price_period& p, price_reader& to) {
  each(model, [&](const field& price) {
    if (is_litellm_price(price.key()) && !price.is_object() && !price.is_array())
      read_price(price, p, to);
  });
}

// Prices by ranges of the prompt's tokens.
void read_ranges(const field& ranges, price_period& p, price_reader& to) {
  each(ranges, [&](const field& range) {
    const auto bounds = member(range, "range");
    if (!bounds || bounds->value().size() == 0)
      return;
    const field from(*bounds, *bounds->value().begin(), 0);
    const auto above = read_count(from);
    price_period part;
    read_prices_of(range, part, to);
    if (above == 0) {
      auto base = part.rates.base;
      base.overlay(p.rates.base);
      p.rates.base = base;
    } else {
      p.rates.tier(above).overlay(part.rates.base);
    }
  });
}

void read_hours(const field& text, std::uint8_t weekdays, price_time& when) {
  const auto words = text.string();
  const auto dash = words.find('-');
  if (dash == std::string_view::npos)
    text.fail("must be hours such as \"16:30-00:30\"");
  auto& hours = when.hours.emplace_back();
  hours.from = read_time_of_day(text, words.substr(0, dash));
  hours.until = read_time_of_day(text, words.substr(dash + 1));
  hours.weekdays = weekdays;
}

// Days of the week, Monday 1.
std::uint8_t read_weekdays(const field& window) {
  const auto days = member(window, "weekdays");
  if (!days)
    return 0x7f;
  std::uint8_t mask = 0;
  each(*days, [&](const field& day) {
    const auto n = read_count(day);
    if (n < 1 || n > 7)
      day.fail("must be a day of the week, 1 to 7");
    mask = static_cast<std::uint8_t>(mask | 1u << (n - 1));
  });
  return mask;
}

std::optional<price_period> read_off_peak(const field& f, const price_period& usual, price_reader& to) {
  const auto windows = member(f, "windows");
  if (!windows)
    return std::nullopt;
  price_period p;
  p.rates = usual.rates;
  each(*windows, [&](const field& window) {
    const auto weekdays = read_weekdays(window);
    const auto hours = member(window, "hours_utc");
    if (!hours)
      window.fail("no \"hours_utc\"");
    if (hours->is_array())
      each(*hours, [&](const field& h) { read_hours(h, weekdays, p.when); });
    else
      read_hours(*hours, weekdays, p.when);
  });
  if (p.when.hours.empty())
    return std::nullopt;
  read_prices_of(f, p, to);
  return p;
}

// Of a search, where its size decides: the middle one, which is the default.
void read_search(const field& sizes, price_period& p) {
  if (const auto medium = member(sizes, "search_context_size_medium");
      medium && !p.rates.base.has(usage_unit::searches))
    p.rates.base.set(usage_unit::searches, read_rate(*medium, usage_unit::searches, 1));
}

// `named` is the model, or an alias of it.
void read_model(const field& named, const field& model, price_reader& to) {
  price_entry e;
  read_names(named, model, e);
  auto& p = undated(e);
  read_prices_of(model, p, to);
  const auto mode = member(model, "mode");
  const auto per_image = member(model, "input_cost_per_image");
  if (mode && mode->string() == "image_generation" && per_image && !p.rates.base.has(usage_unit::images))
    p.rates.base.set(usage_unit::images, read_rate(*per_image, usage_unit::images, 1));
  if (const auto sizes = member(model, "search_context_cost_per_query"); sizes && sizes->is_object())
    read_search(*sizes, p);
  if (const auto ranges = member(model, "tiered_pricing"))
    read_ranges(*ranges, p, to);
  p.rates.complete();
  if (const auto hours = member(model, "off_peak_pricing")) {
    if (auto off_peak = read_off_peak(*hours, p, to)) {
      off_peak->rates.complete();
      e.periods.push_back(std::move(*off_peak));
    }
  }
  to.add(std::move(e));
}

} // namespace

void read_litellm_prices(const field& root, price_reader& to) {
  each(root, [&](const field& model) {
    if (!model.is_object() || model.key() == "sample_spec")
      return;
    to.attempt([&] {
      const auto alias = member(model, "alias_of");
      const auto original = alias ? member(root, alias->string()) : std::optional(model);
      if (original && original->is_object())
        read_model(model, *original, to);
    });
  });
}

} // namespace weir::inline v0::price_lists
