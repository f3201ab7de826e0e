// Prices per million tokens by provider and model, as models.dev publishes them.
#include <algorithm>
#include <iterator>

#include "cost/prices/providers.hpp"
#include "store/prices/formats.hpp"

namespace weir::inline v0::price_lists {

namespace {

constexpr std::uint64_t per_million = 1'000'000;

struct kind {
  std::string_view key;
  usage_unit unit;
};

constexpr kind kinds[] = {
    {"cache_read", usage_unit::cache_read},     {"input", usage_unit::input_text},
    {"input_audio", usage_unit::input_audio},   {"output", usage_unit::output_text},
    {"output_audio", usage_unit::output_audio}, {"reasoning", usage_unit::output_reasoning},
};

void read_costs(const field& cost, unit_rates& rates, price_reader& to) {
  each(cost, [&](const field& price) {
    const auto key = price.key();
    if (key == "cache_write") {
      set_cache_write(rates, read_rate(price, usage_unit::cache_write_other, per_million));
      return;
    }
    const auto* found = std::find_if(std::begin(kinds), std::end(kinds), [&](const kind& k) { return k.key == key; });
    if (found != std::end(kinds))
      rates.set(found->unit, read_rate(price, found->unit, per_million));
    else if (!price.is_object() && !price.is_array())
      to.unknown(price, key);
  });
}

void read_model(const field& model, std::string_view provider, price_reader& to) {
  const auto cost = member(model, "cost");
  if (!cost || !cost->is_object())
    return;
  price_entry e;
  e.provider = provider;
  e.model = model.key();
  e.names = {name_pattern::lower(model.key())};
  auto& card = undated(e).rates;
  read_costs(*cost, card.base, to);
  if (const auto large = member(*cost, "context_over_200k"))
    read_costs(*large, card.tier(200'000), to);
  if (const auto tiers = member(*cost, "tiers"))
    each(*tiers, [&](const field& tier) {
      const auto by = member(tier, "tier");
      const auto size = by ? member(*by, "size") : std::nullopt;
      if (size)
        read_costs(tier, card.tier(read_count(*size)), to);
    });
  card.complete();
  to.add(std::move(e));
}

} // namespace

void read_models_dev_prices(const field& root, price_reader& to) {
  each(root, [&](const field& provider) {
    const auto models = member(provider, "models");
    if (!models || !models->is_object())
      return;
    const auto id = canonical_provider(provider.key());
    each(*models, [&](const field& model) { to.attempt([&] { read_model(model, id, to); }); });
  });
}

} // namespace weir::inline v0::price_lists
