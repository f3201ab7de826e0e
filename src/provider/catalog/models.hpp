// Lists of models (docs/providers.md, "Lists of models") of routers, the Hub and servers. Pure: the client fetches.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/task/catalog/model_info.hpp>
#include <weir/task/catalog/model_query.hpp>

namespace weir::provider {

/// Reads a list of models in any known form: the router's `/v1/models` and `/v1/models/{org}/{name}`; OpenAI's list
/// with the members that vLLM (`max_model_len`), Groq (`context_window`), Together (prices per million, a bare
/// array) and OpenRouter (prices per token, as text) add; the Hub's `/api/models`, with its mapping as an object or
/// an array; Ollama's `/api/tags`. Entries without a name are skipped.
/// \throws weir::error errc::malformed_response for what is none of these.
std::vector<model_info> parse_models(std::string_view body);

/// The models that fit: by name, provider and task. Providers other than the wanted one are taken out. An exact name
/// (in any case) wins over parts of names. A model that does not say who serves it, or for which task, fits any.
std::vector<model_info> matching(std::vector<model_info> all, const model_query& q);

/// Path and query of the Hub's listing of the models that providers serve; `provider` empty: any.
/// \throws weir::error errc::invalid_argument for what is not a name.
std::string hub_models_target(const model_query& q, std::string_view provider);
/// The target of the next page in a `link` header (RFC 8288, `rel="next"`); empty if there is none. Path and query
/// alone: a page is only requested where the first one was.
std::string next_page(std::string_view link, std::string_view origin);

/// The list of models beside a path of chat completions; empty where the path is none or names the model.
std::string models_path(std::string_view chat_path);

} // namespace weir::provider
