// One name for each provider, whatever a price list or a URL calls it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0 {

/// The provider that prices are kept under: weir's id where weir knows it, else the name in lower case with `-` for
/// `_`. Takes the names of LiteLLM (`together_ai`), genai-prices (`huggingface_groq`, `x-ai`), models.dev and weir
/// (`cohere-v2`), and hosts and URLs of well-known servers (`https://openrouter.ai/api/v1`).
std::string canonical_provider(std::string_view name);

} // namespace weir::inline v0
