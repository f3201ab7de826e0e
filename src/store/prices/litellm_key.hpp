// The names that LiteLLM gives to prices: a kind, and suffixes in any order. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <weir/task/usage.hpp>

namespace weir::inline v0::price_lists {

/// A price's name, taken apart: `cache_creation_input_token_cost_above_1hr_above_200k_tokens_priority`.
struct litellm_key {
  litellm_key() = default;

  /// What the price is of; empty: something that no usage has, or no price at all.
  std::optional<usage_unit> unit;
  std::uint64_t per = 1;     ///< Of that unit.
  std::uint64_t above = 0;   ///< For prompts of more tokens; 0: for all.
  std::string service_tier;  ///< `flex`, `priority`, …; empty: the standard one.
  bool batch = false;        ///< `_batches`.
  bool any_lifetime = false; ///< A cache write of which it does not say for how long.
  bool known = false;        ///< Whether it is a price that LiteLLM is known to have.
};

litellm_key parse_litellm_key(std::string_view key);

/// Whether a member's name is one of a price.
bool is_litellm_price(std::string_view key) noexcept;

} // namespace weir::inline v0::price_lists
