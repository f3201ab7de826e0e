#include "sim/routes.hpp"

#include <algorithm>

namespace weir::inline v0::sim {

namespace {

/// A non-streamed response is built in memory.
constexpr std::uint64_t most_whole_tokens = 200'000;

place place_of_get(std::string_view path) {
  if (path.find(prediction_mark) != path.npos)
    return place::prediction_stream;
  if (path.ends_with("/health") || path == "/ping")
    return place::health;
  if (path.ends_with("/info"))
    return place::info;
  if (path.ends_with("/metrics"))
    return place::metrics;
  if (path.ends_with("/api/tags"))
    return place::ollama_models;
  if (path == "/api/models")
    return place::hub_models;
  if (path == "/api/whoami-v2")
    return place::whoami;
  if (path.starts_with("/v1/models/"))
    return place::one_model;
  if (path.ends_with("/v1/models") || path.ends_with("/openai/models"))
    return place::models;
  return place::unknown;
}

place place_of_post(std::string_view path) {
  if (path.ends_with("/chat/completions"))
    return place::chat;
  if (path.ends_with("/completions"))
    return place::completion;
  if (path.ends_with("/v1/messages"))
    return place::messages;
  if (path.ends_with("/v1/messages/count_tokens"))
    return place::count_tokens;
  if (path.ends_with("/v1/responses"))
    return place::responses;
  if (path.ends_with(":generateContent"))
    return place::gemini;
  if (path.ends_with(":streamGenerateContent"))
    return place::gemini_stream;
  if (path.ends_with("/api/chat"))
    return place::ollama;
  if (path.ends_with("/api/generate"))
    return place::ollama_generate;
  if (path.ends_with("/api/embed"))
    return place::ollama_embed;
  if (path.ends_with("/v2/chat"))
    return place::cohere;
  if (path.ends_with("/predictions"))
    return place::prediction;
  if (path.ends_with("/generate_stream"))
    return place::generate_stream;
  if (path.ends_with("/generate"))
    return place::generate;
  if (path.ends_with("/chat_tokenize"))
    return place::chat_tokenize;
  if (path.ends_with("/tokenize"))
    return place::tokenize;
  if (path.empty() || path == "/" || path.find("/models/") != path.npos)
    return place::compatible;
  return place::unknown;
}

bool streamed(place p, const codec::json::value& body) {
  if (p == place::prediction_stream)
    return true;
  if (p == place::ollama || p == place::ollama_generate)
    return codec::bool_at(body, "stream").value_or(true);
  if (p == place::gemini || p == place::gemini_stream)
    return p == place::gemini_stream;
  return p == place::generate_stream || (p != place::generate && codec::bool_at(body, "stream").value_or(false));
}

} // namespace

place place_of(const request& r) {
  return r.method == "GET" ? place_of_get(r.path) : r.method == "POST" ? place_of_post(r.path) : place::unknown;
}

bool is_tgi(place p) noexcept {
  return p == place::generate || p == place::generate_stream || p == place::compatible || p == place::tokenize ||
         p == place::chat_tokenize;
}

wording_of_errors wording_at(place p) noexcept {
  switch (p) {
  case place::messages:
  case place::count_tokens: return wording_of_errors::anthropic;
  case place::gemini:
  case place::gemini_stream: return wording_of_errors::gemini;
  case place::cohere: return wording_of_errors::cohere;
  case place::ollama:
  case place::ollama_generate:
  case place::ollama_embed: return wording_of_errors::ollama;
  default: return wording_of_errors::openai;
  }
}

wording_of_errors wording_of(const request& r) noexcept {
  if (r.path.find("/v1/messages/batches") != r.path.npos)
    return wording_of_errors::anthropic;
  return r.path.find("/v1beta/") != r.path.npos || !r.header("x-goog-api-key").empty() ? wording_of_errors::gemini
                                                                                       : wording_at(place_of(r));
}

std::string model_of(std::string_view path) {
  static constexpr std::string_view mark = "/models/";
  const auto at = path.find(mark);
  if (at == path.npos)
    return "weir/simulated";
  auto rest = path.substr(at + mark.size());
  return std::string(
      rest.substr(0, std::min({rest.find("/v1/"), rest.find(':'), rest.find("/predictions"), rest.size()})));
}

std::optional<plan> answer_listing(place p, const request& r) {
  const bool anthropic = !r.header("anthropic-version").empty();
  switch (p) {
  case place::models: return anthropic ? answer_anthropic_models() : answer_models();
  case place::one_model: return anthropic ? answer_anthropic_model(model_of(r.path)) : answer_model(model_of(r.path));
  case place::ollama_models: return answer_ollama_models();
  case place::hub_models: return answer_hub_models();
  case place::whoami: return answer_whoami(!r.header("authorization").empty());
  default: return std::nullopt;
  }
}

plan answer_at(place p, ask a) {
  const bool stream = streamed(p, a.body);
  if (!stream && a.exactly)
    a.exactly = std::min(*a.exactly, most_whole_tokens);
  if (!stream && a.tokens)
    a.tokens = std::min(*a.tokens, most_whole_tokens);
  switch (p) {
  case place::chat: return answer_chat(a);
  case place::completion: return answer_completion(a);
  case place::messages: return answer_messages(a);
  case place::count_tokens: return answer_count_tokens(a);
  case place::responses: return answer_responses(a);
  case place::gemini:
  case place::gemini_stream: return answer_gemini(a, stream);
  case place::ollama: return answer_ollama(a);
  case place::ollama_generate: return answer_ollama_generate(a);
  case place::ollama_embed: return answer_ollama_embed(a);
  case place::cohere: return answer_cohere(a);
  case place::prediction_stream: return answer_prediction_stream(a);
  case place::generate: return answer_generate(a, generate_form::object);
  case place::tokenize: return answer_tokenize(a);
  case place::chat_tokenize: return answer_chat_tokenize(a);
  default: return answer_generate(a, stream ? generate_form::stream : generate_form::list);
  }
}

} // namespace weir::inline v0::sim
