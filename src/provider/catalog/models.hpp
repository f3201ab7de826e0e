// Lists of models (docs/providers.md, "Lists of models") of routers, the Hub and servers. Pure: the client fetches.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/task/catalog/model_info.hpp>
#include <weir/task/catalog/model_query.hpp>

namespace weir::inline v0::provider {

/// Reads a list of models in any known form: the router's `/v1/models` and `/v1/models/{org}/{name}`; OpenAI's list
/// with the members that vLLM (`max_model_len`), Groq (`context_window`), Together (prices per million, a bare array)
/// and OpenRouter (prices per token, as strings) add; the Hub's `/api/models`, with its mapping as an object or an
/// array; Ollama's `/api/tags`. Entries without a name are skipped.
/// \throws weir::error errc::malformed_response for anything else.
std::vector<model_info> parse_models(std::string_view body);

/// The models that match: by name, provider and task. Providers other than the requested one are removed. An exact name
/// (in any case) takes precedence over parts of names. A model without a provider or task matches any.
std::vector<model_info> matching(std::vector<model_info> all, const model_query& q);

/// Path and query of the Hub's listing of the models that providers serve; `provider` empty: any.
/// \throws weir::error errc::invalid_argument for an invalid name.
std::string hub_models_target(const model_query& q, std::string_view provider);
/// The target of the next page in a `link` header (RFC 8288, `rel="next"`); empty if there is none. Path and query
/// only: a page is always requested from the origin of the first one.
std::string next_page(std::string_view link, std::string_view origin);

/// The list of models that belongs to a chat completions path; empty if it is no such path or names the model.
std::string models_path(std::string_view chat_path);

} // namespace weir::inline v0::provider
