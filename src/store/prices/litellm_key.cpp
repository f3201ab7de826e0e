#include "store/prices/litellm_key.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace weir::inline v0::price_lists {

namespace {

struct kind {
  std::string_view name;
  usage_unit unit;
  std::uint64_t per = 1;
};

constexpr std::uint64_t second = 1000;

constexpr kind kinds[] = {
    {"cache_creation_input_token_cost", usage_unit::cache_write_other},
    {"cache_read_input_token_cost", usage_unit::cache_read},
    {"input_cost_per_audio_per_second", usage_unit::input_milliseconds, second},
    {"input_cost_per_audio_token", usage_unit::input_audio},
    {"input_cost_per_character", usage_unit::input_characters},
    {"input_cost_per_image_token", usage_unit::input_image},
    {"input_cost_per_query", usage_unit::searches},
    {"input_cost_per_request", usage_unit::requests},
    {"input_cost_per_second", usage_unit::input_milliseconds, second},
    {"input_cost_per_token", usage_unit::input_text},
    {"input_cost_per_video_token", usage_unit::input_video},
    {"ocr_cost_per_page", usage_unit::pages},
    {"output_cost_per_audio_token", usage_unit::output_audio},
    {"output_cost_per_image", usage_unit::images},
    {"output_cost_per_image_token", usage_unit::output_image},
    {"output_cost_per_reasoning_token", usage_unit::output_reasoning},
    {"output_cost_per_second", usage_unit::output_milliseconds, second},
    {"output_cost_per_token", usage_unit::output_text},
    {"output_cost_per_video_per_second", usage_unit::output_milliseconds, second},
};

// Prices of what no usage tells apart: beginnings of their names.
constexpr std::string_view others[] = {
    "annotation_cost_",
    "cache_creation_input_audio_",
    "cache_read_input_audio_",
    "cache_read_input_image_",
    "citation_cost_",
    "code_interpreter_cost_",
    "computer_use_",
    "cost_per_second",
    "explicit_cache_read_",
    "file_search_cost_",
    "google_maps_grounding_",
    "guardrail_cost_",
    "input_cost_per_image",
    "input_cost_per_pixel",
    "input_cost_per_text_message",
    "input_cost_per_token_cache_hit",
    "input_cost_per_video_per_second",
    "input_dbu_cost_",
    "ocr_cost_per_credit",
    "output_cost_per_character",
    "output_cost_per_image_",
    "output_cost_per_pixel",
    "output_cost_per_second_",
    "output_cost_per_video_token",
    "output_dbu_cost_",
    "search_context_cost_per_query",
    "vector_store_cost_",
};

constexpr std::string_view service_tiers[] = {"balanced", "decisions", "flex", "priority", "ultrafast"};

bool take_end(std::string_view& text, std::string_view end) noexcept {
  if (!text.ends_with(end))
    return false;
  text.remove_suffix(end.size());
  return true;
}

// `_above_272k_tokens` off the end.
bool take_size(std::string_view& name, std::uint64_t& above) noexcept {
  constexpr std::string_view begin = "_above_";
  auto rest = name;
  if (!take_end(rest, "k_tokens"))
    return false;
  const auto at = rest.rfind(begin);
  if (at == std::string_view::npos)
    return false;
  const auto digits = rest.substr(at + begin.size());
  std::uint32_t thousands = 0;
  const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), thousands);
  if (r.ec != std::errc() || r.ptr != digits.data() + digits.size())
    return false;
  above = std::uint64_t{thousands} * 1000;
  name = rest.substr(0, at);
  return true;
}

} // namespace

bool is_litellm_price(std::string_view key) noexcept { return key.find("_cost") != std::string_view::npos; }

litellm_key parse_litellm_key(std::string_view key) {
  litellm_key k;
  auto name = key;
  bool hour = false, long_lived = false;
  for (bool more = true; more;) {
    more = take_size(name, k.above);
    if (take_end(name, "_above_1hr"))
      more = hour = true;
    if (take_end(name, "_above_12hr"))
      more = long_lived = true;
    if (take_end(name, "_batches"))
      more = k.batch = true;
    for (const auto tier : service_tiers)
      if (name.size() > tier.size() && name.ends_with(tier) && name[name.size() - tier.size() - 1] == '_') {
        name.remove_suffix(tier.size() + 1);
        k.service_tier = tier;
        more = true;
      }
  }
  const auto* found = std::find_if(std::begin(kinds), std::end(kinds), [&](const kind& n) { return n.name == name; });
  if (found != std::end(kinds)) {
    k.known = true;
    k.per = found->per;
    // Twelve hours is no lifetime that a usage tells apart.
    if (!long_lived)
      k.unit = found->unit;
    k.any_lifetime = k.unit == usage_unit::cache_write_other && !hour;
    if (hour && k.unit == usage_unit::cache_write_other)
      k.unit = usage_unit::cache_write_1h;
    return k;
  }
  k.known =
      std::any_of(std::begin(others), std::end(others), [&](std::string_view begin) { return key.starts_with(begin); });
  return k;
}

} // namespace weir::inline v0::price_lists
