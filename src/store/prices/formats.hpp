// The readers of the formats that others publish, and of weir's own.
#pragma once

#include "store/prices/reader.hpp"

namespace weir::inline v0::price_lists {

void read_own_prices(const field& root, price_reader& to);
/// `GET /v1/models` of the Hugging Face router: by provider, USD per million.
void read_router_prices(const field& root, price_reader& to);
/// `GET /api/v1/models` of OpenRouter: USD per token. What has no fixed price (-1) is left out.
void read_openrouter_prices(const field& root, price_reader& to);
/// genai-prices' data.json.
void read_genai_prices(const field& root, price_reader& to);
/// LiteLLM's model_prices_and_context_window.json.
void read_litellm_prices(const field& root, price_reader& to);
/// models.dev's api.json.
void read_models_dev_prices(const field& root, price_reader& to);

} // namespace weir::inline v0::price_lists
