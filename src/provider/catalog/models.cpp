#include "provider/catalog/models.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "codec/json/json.hpp"
#include "core/ascii.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr std::size_t max_word = 256;

std::string word_at(const json::value& v, std::string_view key) {
  return sanitize(codec::string_at(v, key).value_or(""), max_word);
}

std::optional<std::uint64_t> first_count(const json::value& v, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys)
    if (const auto n = codec::uint_at(v, key); n && *n > 0)
      return n;
  return std::nullopt;
}

// Finite and not negative: OpenRouter uses -1 for models without a fixed price.
std::optional<double> amount(std::optional<double> n) { return n && std::isfinite(*n) && *n >= 0 ? n : std::nullopt; }

std::optional<double> price_per_token(const json::value& pricing, std::string_view key) {
  auto price = codec::number_at(pricing, key);
  if (const auto text = codec::string_at(pricing, key)) {
    double n = 0;
    const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
    if (ec == std::errc() && end == text->data() + text->size())
      price = n;
  }
  price = amount(price);
  return price ? std::optional(*price * 1e6) : std::nullopt;
}

token_price read_price(const json::value& v) {
  token_price p;
  const auto* pricing = codec::find(v, "pricing");
  if (!pricing)
    return p;
  p.input = amount(codec::number_at(*pricing, "input"));
  p.output = amount(codec::number_at(*pricing, "output"));
  if (!p.input)
    p.input = price_per_token(*pricing, "prompt");
  if (!p.output)
    p.output = price_per_token(*pricing, "completion");
  return p;
}

std::vector<std::string> words_at(const json::value& v, std::string_view key) {
  std::vector<std::string> all;
  if (const auto* list = codec::array_at(v, key))
    for (const auto& one : *list)
      if (const auto* text = one.if_string())
        all.push_back(sanitize(*text, max_word));
  return all;
}

model_provider read_provider(const json::value& v, std::string id) {
  model_provider p;
  p.id = std::move(id);
  p.status = word_at(v, "status");
  p.model = word_at(v, "providerId");
  p.task = word_at(v, "task");
  p.price = read_price(v);
  p.context_length = first_count(v, {"context_length"});
  p.supports_tools = codec::bool_at(v, "supports_tools");
  p.supports_structured_output = codec::bool_at(v, "supports_structured_output");
  p.is_free = codec::bool_at(v, "is_free");
  p.is_model_author = codec::bool_at(v, "is_model_author");
  if (!p.is_model_author)
    p.is_model_author = codec::bool_at(v, "isModelAuthor");
  p.throughput = amount(codec::number_at(v, "throughput"));
  constexpr double longest_ms = 1e9;
  if (const auto ms = amount(codec::number_at(v, "first_token_latency_ms")); ms && *ms < longest_ms)
    p.first_token = std::chrono::duration_cast<duration>(std::chrono::duration<double, std::milli>(*ms));
  return p;
}

std::vector<model_provider> read_providers(const json::value& v) {
  std::vector<model_provider> all;
  constexpr std::string_view mapping = "inferenceProviderMapping";
  for (const auto* list : {codec::array_at(v, "providers"), codec::array_at(v, mapping)})
    if (list)
      for (const auto& one : *list)
        if (auto id = word_at(one, "provider"); !id.empty())
          all.push_back(read_provider(one, std::move(id)));
  if (const auto* object = codec::object_at(v, mapping))
    for (const auto& member : *object)
      all.push_back(read_provider(member.value(), sanitize(member.key(), max_word)));
  return all;
}

// Seconds since 1970, as in OpenAI's API; TGI sends 0 for "unknown".
std::optional<std::chrono::system_clock::time_point> read_created(const json::value& v) {
  constexpr std::uint64_t latest = 32'503'680'000; // the year 3000
  const auto seconds = codec::uint_at(v, "created");
  if (!seconds || *seconds == 0 || *seconds > latest)
    return std::nullopt;
  return std::chrono::system_clock::time_point(std::chrono::seconds(*seconds));
}

model_info read_model(const json::value& v) {
  model_info m;
  for (const auto* key : {"id", "modelId", "name", "model"})
    if (m.id.empty())
      m.id = word_at(v, key);
  // Gemini's model names are paths.
  if (m.id.starts_with("models/"))
    m.id.erase(0, 7);
  for (const auto* key : {"owned_by", "organization", "author"})
    if (m.owner.empty())
      m.owner = word_at(v, key);
  if (m.owner.empty())
    m.owner = m.id.substr(0, m.id.find('/') == std::string::npos ? 0 : m.id.find('/'));
  m.created = read_created(v);
  m.task = word_at(v, "pipeline_tag");
  m.context_length = first_count(v, {"context_length", "max_model_len", "context_window", "max_context_length",
                                     "max_input_tokens", "inputTokenLimit"});
  if (const auto* kind = codec::find(v, "architecture")) {
    m.input_modalities = words_at(*kind, "input_modalities");
    m.output_modalities = words_at(*kind, "output_modalities");
  }
  m.price = read_price(v);
  m.providers = read_providers(v);
  if (!m.context_length)
    for (const auto& p : m.providers)
      m.context_length = std::max(m.context_length, p.context_length);
  return m;
}

const json::array* list_of(const json::value& body) noexcept {
  if (const auto* bare = body.if_array())
    return bare;
  const auto* data = codec::array_at(body, "data");
  return data ? data : codec::array_at(body, "models");
}

bool is_chat(std::string_view task) noexcept { return task == "conversational" || task == "chat"; }

bool same_task(std::string_view a, std::string_view wanted) noexcept {
  return a == wanted || (is_chat(a) && is_chat(wanted));
}

bool fits_task(const model_info& m, std::string_view wanted) {
  if (wanted.empty())
    return true;
  const auto serves = [wanted](const model_provider& p) { return same_task(p.task, wanted); };
  if (std::any_of(m.providers.begin(), m.providers.end(), serves))
    return true;
  const auto told = [](const model_provider& p) { return !p.task.empty(); };
  return std::none_of(m.providers.begin(), m.providers.end(), told) && (m.task.empty() || same_task(m.task, wanted));
}

std::string checked(std::string_view what, std::string_view word) {
  const auto plain = [](char c) {
    return (to_lower(c) >= 'a' && to_lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (word.size() > 64 || !std::all_of(word.begin(), word.end(), plain))
    throw error(errc::invalid_argument,
                "this is not a valid name of a " + std::string(what) + ": use letters, digits and -");
  return std::string(word);
}

} // namespace

std::vector<model_info> parse_models(std::string_view body) {
  error_code ec;
  const auto parsed = codec::parse_json(body, ec);
  const auto* list = ec ? nullptr : list_of(parsed);
  std::vector<model_info> all;
  if (list) {
    all.reserve(list->size());
    for (const auto& v : *list)
      if (auto m = read_model(v); !m.id.empty())
        all.push_back(std::move(m));
    return all;
  }
  if (!ec && parsed.is_object() && codec::string_at(parsed, "id"))
    if (auto m = read_model(parsed); !m.id.empty()) {
      all.push_back(std::move(m));
      return all;
    }
  throw error(errc::malformed_response, "the response is not a list of models: check that the URL is an inference API");
}

std::vector<model_info> matching(std::vector<model_info> all, const model_query& q) {
  const auto name = to_lower(q.name());
  const auto& provider = q.provider();
  const bool exact = std::any_of(all.begin(), all.end(), [&](const auto& m) { return to_lower(m.id) == name; });
  std::erase_if(all, [&](model_info& m) {
    const auto id = to_lower(m.id);
    if (exact ? id != name : id.find(name) == std::string::npos)
      return true;
    const bool told = !m.providers.empty();
    if (!provider.empty() && provider != "auto")
      std::erase_if(m.providers, [&](const model_provider& p) { return p.id != provider; });
    return (told && m.providers.empty()) || !fits_task(m, q.task());
  });
  return all;
}

std::string hub_models_target(const model_query& q, std::string_view provider) {
  std::string target = "/api/models?inference_provider=";
  target += provider.empty() || provider == "auto" ? "all" : checked("provider", provider);
  // The Hub lists chat models under several tags; only the mapping tells that they are served for chat.
  if (!q.task().empty() && !is_chat(q.task()))
    target += "&pipeline_tag=" + checked("task", q.task());
  if (!q.name().empty()) {
    target += "&search=";
    for (const char c : q.name()) {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      if ((to_lower(c) >= 'a' && to_lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_')
        target += c;
      else
        target.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
  }
  return target + "&expand=inferenceProviderMapping&expand=pipeline_tag";
}

std::string next_page(std::string_view link, std::string_view origin) {
  while (!link.empty()) {
    const auto open = link.find('<');
    const auto close = link.find('>', open);
    if (open == std::string_view::npos || close == std::string_view::npos)
      return {};
    auto url = link.substr(open + 1, close - open - 1);
    const auto end = std::min(link.find(",", close), link.size());
    const auto parameters = link.substr(close + 1, end - close - 1);
    link.remove_prefix(std::min(end + 1, link.size()));
    if (parameters.find("rel=\"next\"") == std::string_view::npos &&
        parameters.find("rel=next") == std::string_view::npos)
      continue;
    if (url.starts_with(origin))
      url.remove_prefix(origin.size());
    return url.starts_with('/') && !url.starts_with("//") ? std::string(url) : std::string();
  }
  return {};
}

std::string models_path(std::string_view chat_path) {
  chat_path = chat_path.substr(0, chat_path.find('?'));
  // OpenAI's completions and Responses, Anthropic, Cohere, Ollama.
  static constexpr std::pair<std::string_view, std::string_view> places[] = {{"/chat/completions", "/models"},
                                                                             {"/v1/responses", "/v1/models"},
                                                                             {"/v1/messages", "/v1/models"},
                                                                             {"/v2/chat", "/v1/models"},
                                                                             {"/api/chat", "/api/tags"}};
  constexpr std::string_view models = "/models/";
  if (const auto at = chat_path.find(models); at != std::string_view::npos) {
    // Gemini's methods are below its list; hf-inference has a route per model and no list.
    const bool gemini = chat_path.ends_with(":generateContent");
    return gemini ? std::string(chat_path.substr(0, at + models.size() - 1)) : std::string();
  }
  for (const auto& [chat, list] : places)
    if (chat_path.ends_with(chat))
      return std::string(chat_path.substr(0, chat_path.size() - chat.size())).append(list);
  return {};
}

} // namespace weir::inline v0::provider
