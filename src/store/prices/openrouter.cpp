// Models with prices per token, as OpenRouter lists them.
#include <algorithm>
#include <iterator>

#include "store/prices/formats.hpp"

namespace weir::inline v0::price_lists {

namespace {

struct kind {
  std::string_view key;
  usage_unit unit;
};

constexpr kind kinds[] = {
    {"audio", usage_unit::input_audio},
    {"audio_output", usage_unit::output_audio},
    {"completion", usage_unit::output_text},
    {"image_output", usage_unit::output_image},
    {"input_cache_read", usage_unit::cache_read},
    {"input_cache_write_1h", usage_unit::cache_write_1h},
    {"internal_reasoning", usage_unit::output_reasoning},
    {"prompt", usage_unit::input_text},
    {"request", usage_unit::requests},
    {"web_search", usage_unit::searches},
};

// A price per input image, and discounts that are already in the other prices.
constexpr std::string_view ignored[] = {"discount",          "image",    "image_token", "input_audio_cache",
                                        "min_prompt_tokens", "overrides"};

bool is_zero(rate r) noexcept { return r == rate(); }

void read_prices_of(const field& pricing, unit_rates& rates, price_reader& to) {
  each(pricing, [&](const field& price) {
    const auto key = price.key();
    if (key == "input_cache_write") {
      set_cache_write(rates, read_rate(price, usage_unit::cache_write_other, 1));
      return;
    }
    const auto* found = std::find_if(std::begin(kinds), std::end(kinds), [&](const kind& k) { return k.key == key; });
    if (found == std::end(kinds)) {
      if (std::find(std::begin(ignored), std::end(ignored), key) == std::end(ignored))
        to.unknown(price, key);
      return;
    }
    const auto r = read_rate(price, found->unit, 1);
    // It writes "0" where nothing is charged apart.
    const bool plain = found->unit == usage_unit::input_text || found->unit == usage_unit::output_text;
    if (plain || !is_zero(r))
      rates.set(found->unit, r);
  });
}

bool is_variable(const field& pricing) {
  const auto is_minus_one = [&](std::string_view key) {
    const auto price = member(pricing, key);
    return price && price->value().text() == "-1";
  };
  return is_minus_one("prompt") || is_minus_one("completion");
}

void read_model(const field& model, price_reader& to) {
  const auto id = required_string(model, "id");
  const auto pricing = member(model, "pricing");
  if (!pricing || !pricing->is_object() || is_variable(*pricing))
    return;
  price_entry e;
  e.provider = "openrouter";
  e.model = id;
  e.names = {name_pattern::lower(id)};
  if (const auto slug = member(model, "canonical_slug"); slug && !slug->string().empty())
    e.names.push_back(name_pattern::lower(slug->string()));
  auto& card = undated(e).rates;
  read_prices_of(*pricing, card.base, to);
  if (const auto overrides = member(*pricing, "overrides"))
    each(*overrides, [&](const field& o) {
      if (const auto above = member(o, "min_prompt_tokens"))
        read_prices_of(o, card.tier(read_count(*above)), to);
    });
  card.complete();
  to.add(std::move(e));
}

} // namespace

void read_openrouter_prices(const field& root, price_reader& to) {
  const auto data = member(root, "data");
  each(*data, [&](const field& model) { to.attempt([&] { read_model(model, to); }); });
}

} // namespace weir::inline v0::price_lists
