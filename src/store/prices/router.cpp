// Models with their providers' prices, as the Hugging Face router lists them.
#include "cost/prices/providers.hpp"
#include "store/prices/formats.hpp"

namespace weir::inline v0::price_lists {

namespace {

constexpr std::uint64_t per_million = 1'000'000;

void read_provider(const field& provider, std::string_view model, price_reader& to) {
  const auto pricing = member(provider, "pricing");
  if (!pricing || !pricing->is_object())
    return;
  price_entry e;
  e.provider = canonical_provider(required_string(provider, "provider"));
  e.model = model;
  e.names = {name_pattern::lower(model)};
  auto& rates = undated(e).rates.base;
  each(*pricing, [&](const field& price) {
    const auto key = price.key();
    if (key == "input")
      rates.set(usage_unit::input_text, read_rate(price, usage_unit::input_text, per_million));
    else if (key == "output")
      rates.set(usage_unit::output_text, read_rate(price, usage_unit::output_text, per_million));
    else if (key == "cache_read" || key == "cached_input")
      rates.set(usage_unit::cache_read, read_rate(price, usage_unit::cache_read, per_million));
    else if (key == "cache_write")
      set_cache_write(rates, read_rate(price, usage_unit::cache_write_other, per_million));
    else
      to.unknown(price, key);
  });
  to.add(std::move(e));
}

} // namespace

void read_router_prices(const field& root, price_reader& to) {
  const auto data = member(root, "data");
  each(*data, [&](const field& model) {
    to.attempt([&] {
      const auto id = required_string(model, "id");
      if (const auto providers = member(model, "providers"))
        each(*providers, [&](const field& p) { to.attempt([&] { read_provider(p, id, to); }); });
    });
  });
}

} // namespace weir::inline v0::price_lists
