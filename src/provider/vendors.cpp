#include "provider/vendors.hpp"

#include <algorithm>
#include <iterator>

#include "codec/text/nearest.hpp"
#include "provider/chat/dialects.hpp"

namespace weir::inline v0::provider {

namespace {

constexpr std::string_view v1_chat = "/v1/chat/completions";
constexpr std::string_view v1_text = "/v1/completions";
constexpr auto completions = generation_form::completions;
constexpr prompt_caching openai_caching{.mark = cache_mark::openai,
                                        .member = "prompt_cache_key",
                                        .responses_member = "prompt_cache_key",
                                        .retention = true};
constexpr prompt_caching session_affinity{.header = "x-session-affinity"};

// Hosts and routes. A new OpenAI-compatible vendor is one row here: see docs/providers.md.
constexpr vendor rows[] = {
    {.id = "anthropic",
     .host = "api.anthropic.com",
     .chat = "/v1/messages",
     .text = {},
     .keys = {"ANTHROPIC_API_KEY"},
     .reach = access::direct_only,
     .maps_models = false,
     .caching = {.mark = cache_mark::anthropic},
     .headers = {{{"anthropic-version", "2023-06-01"}}},
     .key_header = "x-api-key",
     .key_scheme = {},
     .dialect = &anthropic_messages},
    {.id = "baseten",
     .host = "inference.baseten.co",
     .chat = v1_chat,
     .text = {},
     .keys = {"BASETEN_API_KEY"},
     .caching = session_affinity},
    {.id = "cerebras",
     .host = "api.cerebras.ai",
     .chat = v1_chat,
     .text = {},
     .keys = {"CEREBRAS_API_KEY"},
     .drops = "store"},
    {.id = "cohere",
     .host = "api.cohere.com",
     .chat = "/compatibility/v1/chat/completions",
     .text = {},
     .keys = {"COHERE_API_KEY", "CO_API_KEY"},
     .schema = schema_form::json_object},
    {.id = "cohere-v2",
     .host = "api.cohere.com",
     .chat = "/v2/chat",
     .text = {},
     .keys = {"COHERE_API_KEY", "CO_API_KEY"},
     .reach = access::direct_only,
     .maps_models = false,
     .dialect = &cohere_chat},
    {.id = "deepinfra",
     .host = "api.deepinfra.com",
     .chat = "/v1/openai/chat/completions",
     .text = "/v1/openai/completions",
     .keys = {"DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"},
     .generation = completions},
    {.id = "fal-ai",
     .host = "fal.run",
     .chat = {},
     .text = {},
     .keys = {"FAL_KEY", "FAL_AI_API_KEY"},
     .key_scheme = "Key"},
    {.id = "featherless-ai",
     .host = "api.featherless.ai",
     .chat = v1_chat,
     .text = v1_text,
     .keys = {"FEATHERLESS_API_KEY"},
     .generation = completions},
    {.id = "fireworks-ai",
     .host = "api.fireworks.ai",
     .chat = "/inference/v1/chat/completions",
     .text = {},
     .keys = {"FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"},
     .schema = schema_form::json_object,
     .caching = session_affinity},
    {.id = "gemini",
     .host = "generativelanguage.googleapis.com",
     .chat = "/v1beta/models/{model}:generateContent",
     .text = {},
     .keys = {"GEMINI_API_KEY", "GOOGLE_API_KEY"},
     .reach = access::direct_only,
     .maps_models = false,
     .key_header = "x-goog-api-key",
     .key_scheme = {},
     .dialect = &gemini_content},
    {.id = "groq",
     .host = "api.groq.com",
     .chat = "/openai/v1/chat/completions",
     .text = "/openai/v1/chat/completions",
     .keys = {"GROQ_API_KEY"},
     .generation = generation_form::chat},
    {.id = "hf-inference",
     .host = router_host,
     .chat = "/models/{model}/v1/chat/completions",
     .text = "/models/{model}",
     .schema = schema_form::tgi,
     .generation = generation_form::tgi,
     .reach = access::router_only,
     .maps_models = false,
     .refuses_top_p_1 = true},
    {.id = "novita",
     .host = "api.novita.ai",
     .chat = "/v3/openai/chat/completions",
     .text = "/v3/openai/completions",
     .keys = {"NOVITA_API_KEY"},
     .generation = completions},
    {.id = "nscale", .host = "inference.api.nscale.com", .chat = v1_chat, .text = {}, .keys = {"NSCALE_API_KEY"}},
    {.id = "ollama",
     .host = {},
     .chat = "/api/chat",
     .text = {},
     .maps_models = false,
     .dialect = &ollama_chat,
     .server = "http://127.0.0.1:11434",
     .server_variable = "OLLAMA_HOST"},
    {.id = "openai",
     .host = "api.openai.com",
     .chat = v1_chat,
     .text = v1_text,
     .keys = {"OPENAI_API_KEY"},
     .generation = completions,
     .reach = access::direct_only,
     .maps_models = false,
     .caching = openai_caching},
    {.id = "openai-responses",
     .host = "api.openai.com",
     .chat = "/v1/responses",
     .text = {},
     .keys = {"OPENAI_API_KEY"},
     .maps_models = false,
     .caching = openai_caching,
     .dialect = &openai_responses,
     .at_front = true},
    {.id = "ovhcloud",
     .host = "oai.endpoints.kepler.ai.cloud.ovh.net",
     .chat = v1_chat,
     .text = v1_text,
     .keys = {"OVHCLOUD_API_KEY", "OVH_AI_ENDPOINTS_ACCESS_TOKEN"},
     .generation = completions},
    {.id = "publicai", .host = "api.publicai.co", .chat = v1_chat, .text = {}, .keys = {"PUBLICAI_API_KEY"}},
    {.id = "replicate",
     .host = "api.replicate.com",
     .chat = "/v1/models/{model}/predictions",
     .text = {},
     .keys = {"REPLICATE_API_TOKEN", "REPLICATE_API_KEY"},
     .dialect = &replicate_chat},
    {.id = "scaleway",
     .host = "api.scaleway.ai",
     .chat = v1_chat,
     .text = v1_text,
     .keys = {"SCALEWAY_API_KEY", "SCW_SECRET_KEY"},
     .generation = completions},
    {.id = "together",
     .host = "api.together.xyz",
     .chat = v1_chat,
     .text = v1_text,
     .keys = {"TOGETHER_API_KEY"},
     .schema = schema_form::flattened,
     .generation = completions},
    {.id = "wavespeed", .host = "api.wavespeed.ai", .chat = {}, .text = {}, .keys = {"WAVESPEED_API_KEY"}},
    {.id = "zai-org",
     .host = "api.z.ai",
     .chat = "/api/paas/v4/chat/completions",
     .text = {},
     .keys = {"ZAI_API_KEY", "Z_AI_API_KEY"},
     .headers = {{{"accept-language", "en-US,en"}, {"x-source-channel", "hugging_face"}}}},
};

// The router's own front, and servers that are reached by their URL.
constexpr vendor special[] = {
    {.id = "auto",
     .host = router_host,
     .chat = v1_chat,
     .text = {},
     .reach = access::router_only,
     .maps_models = false,
     .at_front = true},
    {.id = "custom", .host = {}, .chat = v1_chat, .text = v1_text, .generation = completions, .maps_models = false},
    {.id = "tgi",
     .host = {},
     .chat = v1_chat,
     .text = "/",
     .schema = schema_form::tgi,
     .generation = generation_form::tgi,
     .maps_models = false,
     .refuses_top_p_1 = true},
};

// Hosts that users reach by URL.
struct known_host {
  std::string_view host;
  prompt_caching caching;
};
constexpr known_host hosts[] = {
    {"api.mistral.ai", {.member = "prompt_cache_key"}},
    {"api.x.ai", {.responses_member = "prompt_cache_key", .header = "x-grok-conv-id"}},
    {"openrouter.ai", {.mark = cache_mark::openrouter}},
};

static_assert(std::is_sorted(std::begin(rows), std::end(rows),
                             [](const vendor& a, const vendor& b) { return a.id < b.id; }));

} // namespace

std::span<const vendor> all_vendors() noexcept { return rows; }

const vendor* find_vendor(std::string_view id) noexcept {
  const auto row = std::lower_bound(std::begin(rows), std::end(rows), id,
                                    [](const vendor& v, std::string_view wanted) { return v.id < wanted; });
  if (row != std::end(rows) && row->id == id)
    return &*row;
  for (const auto& v : special)
    if (v.id == id)
      return &v;
  return nullptr;
}

const vendor& vendor_of(const route& to) noexcept {
  if (to.row)
    return *to.row;
  const auto* v = find_vendor(to.provider);
  return v ? *v : *find_vendor("custom");
}

prompt_caching caching_at(const route& to) noexcept {
  const auto& v = vendor_of(to);
  if (v.dialect == &anthropic_messages)
    return v.caching;
  for (const auto& row : rows)
    if (row.host == to.to.host())
      return row.caching;
  for (const auto& known : hosts)
    if (known.host == to.to.host())
      return known.caching;
  return {};
}

std::string unknown_provider(std::string_view id, const std::vector<std::string>& added) {
  std::vector<std::string_view> known(added.begin(), added.end());
  known.insert(known.end(), {"auto", "tgi"});
  for (const auto& v : rows)
    known.push_back(v.id);
  const auto meant = codec::nearest(id, known);
  return "there is no provider \"" + std::string(id) + '"' +
         (meant.empty() ? std::string() : " (did you mean " + std::string(meant) + "?)");
}

std::string no_such_provider(std::string_view id, const std::vector<std::string>& added) {
  auto words = unknown_provider(id, added) + "; the providers are auto, tgi";
  for (const auto& v : rows)
    words.append(", ").append(v.id);
  for (const auto& name : added)
    words.append(", ").append(name);
  return words;
}

bool is_hugging_face(std::string_view host) noexcept {
  for (const std::string_view domain : {"huggingface.co", "huggingface.cloud"})
    if (host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.'))
      return true;
  return false;
}

bool is_dedicated_endpoint(std::string_view host) noexcept { return host.ends_with(".endpoints.huggingface.cloud"); }

} // namespace weir::inline v0::provider
