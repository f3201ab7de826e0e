// The price lists of pydantic/genai-prices: versions 1 and 2, a list of providers; version 3, an object with that list.
#include <algorithm>
#include <iterator>

#include "cost/prices/providers.hpp"
#include "store/prices/formats.hpp"

namespace weir::inline v0::price_lists {

namespace {

struct kind {
  std::string_view key;
  usage_unit unit;
  std::uint64_t per;
};

constexpr std::uint64_t million = 1'000'000, thousand = 1000, hour = 3'600'000;

constexpr kind kinds[] = {
    {"audio_hours", usage_unit::input_milliseconds, hour},
    {"cache_read_mtok", usage_unit::cache_read, million},
    {"cache_text_read_mtok", usage_unit::cache_read, million},
    {"cache_text_write_1h_mtok", usage_unit::cache_write_1h, million},
    {"cache_text_write_5m_mtok", usage_unit::cache_write_5m, million},
    {"cache_write_1h_mtok", usage_unit::cache_write_1h, million},
    {"cache_write_5m_mtok", usage_unit::cache_write_5m, million},
    {"input_audio_hours", usage_unit::input_milliseconds, hour},
    {"input_audio_mtok", usage_unit::input_audio, million},
    {"input_document_kpages", usage_unit::pages, thousand},
    {"input_image_mtok", usage_unit::input_image, million},
    {"input_mchars", usage_unit::input_characters, million},
    {"input_mtok", usage_unit::input_text, million},
    {"input_text_mtok", usage_unit::input_text, million},
    {"input_video_mtok", usage_unit::input_video, million},
    {"output_audio_hours", usage_unit::output_milliseconds, hour},
    {"output_audio_mtok", usage_unit::output_audio, million},
    {"output_image_mtok", usage_unit::output_image, million},
    {"output_mtok", usage_unit::output_text, million},
    {"output_reasoning_mtok", usage_unit::output_reasoning, million},
    {"output_text_mtok", usage_unit::output_text, million},
    {"output_text_reasoning_mtok", usage_unit::output_reasoning, million},
    {"requests_kcount", usage_unit::requests, thousand},
    {"rerank_searches_kcount", usage_unit::searches, thousand},
    {"web_searches_kcount", usage_unit::searches, thousand},
};

// Of what no usage tells apart: pixels, tools, citations, cached sound and images.
constexpr std::string_view ignored[] = {"cache_audio_",
                                        "cache_image_",
                                        "cache_video_",
                                        "code_executions_",
                                        "input_annotated_document_",
                                        "input_audio_tool_",
                                        "input_gpixels",
                                        "input_image_tool_",
                                        "input_text_messages_",
                                        "input_text_tool_",
                                        "input_tool_",
                                        "input_video_tool_",
                                        "output_audio_",
                                        "output_citation_",
                                        "output_image_",
                                        "output_text_citation_",
                                        "output_video_",
                                        "social_searches_",
                                        "storage_searches_"};

// The price itself and its tiers; nothing for a form of a later version.
template <class Set>
void read_tiered(const field& price, usage_unit u, std::uint64_t per, rate_card& card, Set set) {
  if (!price.is_object()) {
    set(card.base, read_rate(price, u, per));
    return;
  }
  const auto base = member(price, "base");
  if (!base)
    return;
  set(card.base, read_rate(*base, u, per));
  if (const auto tiers = member(price, "tiers"))
    each(*tiers, [&](const field& tier) {
      const auto start = member(tier, "start"), amount = member(tier, "price");
      if (!start || !amount)
        tier.fail("no \"start\" and \"price\"");
      set(card.tier(read_count(*start)), read_rate(*amount, u, per));
    });
}

void read_prices_of(const field& prices, rate_card& card, price_reader& to) {
  each(prices, [&](const field& price) {
    const auto key = price.key();
    if (key == "cache_write_mtok" || key == "cache_text_write_mtok") {
      // Of any lifetime, and not what one of its own costs.
      read_tiered(price, usage_unit::cache_write_other, million, card,
                  [](unit_rates& rates, rate r) { set_cache_write(rates, r); });
      return;
    }
    const auto* found = std::find_if(std::begin(kinds), std::end(kinds), [&](const kind& k) { return k.key == key; });
    if (found != std::end(kinds))
      read_tiered(price, found->unit, found->per, card, [&](unit_rates& rates, rate r) { rates.set(found->unit, r); });
    else if (std::none_of(std::begin(ignored), std::end(ignored),
                          [&](std::string_view prefix) { return key.starts_with(prefix); }))
      to.unknown(price, key);
  });
}

// False for a constraint of a kind that is not known: the price never holds.
bool read_constraint(const field& in, price_time& when) {
  const auto constraint = member(in, "constraint");
  if (!constraint)
    return true;
  if (const auto date = member(*constraint, "start_date")) {
    read_date(*date, when);
    return true;
  }
  const auto from = member(*constraint, "start_time"), until = member(*constraint, "end_time");
  if (!from || !until)
    return false;
  auto& hours = when.hours.emplace_back();
  hours.from = read_time_of_day(*from, from->string());
  hours.until = read_time_of_day(*until, until->string());
  return true;
}

std::vector<price_period> read_periods(const field& prices, price_reader& to) {
  std::vector<price_period> all;
  if (!prices.is_array()) {
    read_prices_of(prices, all.emplace_back().rates, to);
  } else {
    each(prices, [&](const field& conditional) {
      price_period p;
      const auto inner = member(conditional, "prices");
      if (!inner)
        conditional.fail("no \"prices\"");
      read_prices_of(*inner, p.rates, to);
      if (read_constraint(conditional, p.when))
        all.push_back(std::move(p));
    });
    // Where none holds, the first is meant.
    const auto always = [](const price_period& p) { return p.when.date.empty() && p.when.hours.empty(); };
    if (!all.empty() && std::none_of(all.begin(), all.end(), always)) {
      auto first = all.front();
      first.when = price_time();
      all.insert(all.begin(), std::move(first));
    }
  }
  for (auto& p : all)
    p.rates.complete();
  return all;
}

// Empty for conditions that no response tells.
std::optional<price_variant> read_variant(const field& variant, price_reader& to) {
  price_variant v;
  v.rest_unchanged = true;
  const auto when = member(variant, "when"), prices = member(variant, "prices");
  if (!when || !prices)
    variant.fail("no \"when\" and \"prices\"");
  bool known = read_constraint(variant, v.when);
  each(*when, [&](const field& condition) {
    const auto key = condition.key();
    const auto value = name_pattern::lower(condition.string());
    if (key == "service_tier" && value != "default" && value != "standard")
      v.service_tier = value;
    else if (key == "speed" && value != "standard")
      v.speed = value;
    else if (key == "processing" && value == "batch")
      v.batch = true;
    else
      known = false;
  });
  read_prices_of(*prices, v.rates, to);
  // A price without tiers is meant for every size.
  v.rates.complete();
  if (!known || v.rates.empty())
    return std::nullopt;
  return v;
}

std::optional<name_pattern> read_match(const field& clause) {
  using enum name_pattern::kind;
  constexpr std::pair<std::string_view, name_pattern::kind> tests[] = {{"equals", equals},
                                                                       {"starts_with", starts_with},
                                                                       {"ends_with", ends_with},
                                                                       {"contains", contains},
                                                                       {"regex", regex}};
  for (const auto& [key, kind] : tests)
    if (const auto text = member(clause, key)) {
      auto p = name_pattern::make(kind, text->string());
      if (!p)
        text->fail("not a regular expression that can be used");
      return p;
    }
  constexpr std::pair<std::string_view, name_pattern::kind> lists[] = {{"or", any_of}, {"and", all_of}};
  for (const auto& [key, kind] : lists)
    if (const auto list = member(clause, key)) {
      std::vector<name_pattern> parts;
      bool known = true;
      each(*list, [&](const field& part) {
        if (auto p = read_match(part); p)
          parts.push_back(std::move(*p));
        else
          known = false;
      });
      // One that is not known may fit anything, or nothing.
      if (!known && kind == all_of)
        return std::nullopt;
      return name_pattern::of(kind, std::move(parts));
    }
  return std::nullopt;
}

void read_model(const field& model, std::string_view provider, price_reader& to) {
  price_entry e;
  e.provider = provider;
  e.model = required_string(model, "id");
  const auto match = member(model, "match"), prices = member(model, "prices");
  if (!match || !prices)
    model.fail("no \"match\" and \"prices\"");
  auto pattern = read_match(*match);
  if (!pattern)
    return;
  if (!pattern->names(e.names))
    e.pattern = std::move(*pattern);
  e.periods = read_periods(*prices, to);
  if (const auto variants = member(model, "price_variants"))
    each(*variants, [&](const field& variant) {
      if (const auto v = read_variant(variant, to))
        for (auto& p : e.periods)
          p.variants.push_back(*v);
    });
  to.add(std::move(e));
}

void read_provider(const field& provider, std::string id, price_reader& to) {
  if (const auto models = member(provider, "models"))
    each(*models, [&](const field& model) { to.attempt([&] { read_model(model, id, to); }); });
  if (const auto others = member(provider, "fallback_model_providers")) {
    std::vector<std::string> ids;
    each(*others, [&](const field& other) { ids.push_back(canonical_provider(other.string())); });
    to.table.resells(std::move(id), std::move(ids));
  }
}

} // namespace

void read_genai_prices(const field& root, price_reader& to) {
  const auto list = root.is_array() ? std::optional(root) : member(root, "providers");
  // A provider's own prices before what the router says of it: where both have a model, the first counts.
  for (const bool routed : {false, true})
    each(*list, [&](const field& provider) {
      to.attempt([&] {
        const auto id = required_string(provider, "id");
        if (id.starts_with("huggingface_") == routed)
          read_provider(provider, canonical_provider(id), to);
      });
    });
}

} // namespace weir::inline v0::price_lists
