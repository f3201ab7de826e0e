// Reads price lists: weir's own, and those that others publish.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <weir/cost/prices.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// How a price list is read.
class price_file_options {
public:
  enum class mistakes : unsigned char {
    by_format, ///< weir's own format: refuse; others: skip.
    refuse,    ///< One wrong field and the whole list is refused.
    skip,      ///< The model with the wrong field is left out, and told in price_source::warnings().
  };

  price_file_options() = default;
  /// Default: by_format.
  WEIR_VALUE(price_file_options, mistakes, on_mistake)
  /// The largest list in bytes. Default: 64 MiB.
  WEIR_VALUE(price_file_options, std::size_t, max_bytes)

private:
  mistakes on_mistake_ = mistakes::by_format;
  std::size_t max_bytes_ = std::size_t{64} << 20;
};

/// Reads a price list of any format that is recognised by its members: weir's own (docs/cost.md), the Hugging Face
/// router's `/v1/models`, OpenRouter's `/api/v1/models`, genai-prices' data.json (v1 and v2), LiteLLM's
/// model_prices_and_context_window.json, and models.dev's api.json. Numbers are read from their text, exactly.
///
/// weir's own, in which a price is a number or a text, of a million tokens (or of `per` tokens), and of one of
/// everything else (`input_seconds`, `images`, `pages`, `searches`, `requests`); a `*` in a model's name is any text:
///
///     {"currency": "USD", "prices": [
///       {"provider": "groq", "model": "llama-3.3-*", "from": "2026-01-01", "input": "0.59", "output": "0.79",
///        "cache_read": "0.295", "cache_write": "0.7", "cache_write_1h": "1.2", "reasoning": "0.79",
///        "tiers": [{"above": 200000, "input": "1.18"}],
///        "batch": 0.5, "flex": 0.5, "priority": {"input": "1", "output": "2"}, "fast": 6,
///        "service_tiers": {"scale": 3}, "off_peak": {"from": "16:30", "until": "00:30", "factor": 0.5}}]}
///
/// A service tier, a speed (`fast`) or hours of the day (UTC) have a factor or prices of their own. A model may have
/// several entries with different dates. An entry without a provider holds at all of them.
///
/// A price below zero or above 1,000 of the currency for 1,000 tokens, or 1,000,000 for 1,000 of another unit, is a
/// mistake; so are an unknown unit in weir's own format and two prices for one date.
///
/// `name` is what the list is called in ledgers and messages: its file, or the source.
/// \throws weir::error errc::invalid_configuration, one line with the path of the field, for a text that is no JSON or
/// has none of these formats, and for a mistake that is to be refused.
price_source parse_prices(std::string_view text, std::string name,
                          const price_file_options& how = price_file_options());

/// The same from a file, whose path is the name. Blocks while it reads.
/// \throws weir::error errc::invalid_configuration also for a file that cannot be read.
price_source read_prices(const std::string& path, const price_file_options& how = price_file_options());

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
