#include "cost/prices/providers.hpp"

#include <algorithm>
#include <iterator>

#include "cost/prices/pattern.hpp"

namespace weir::inline v0 {

namespace {

struct alias {
  std::string_view other, ours;
};

constexpr alias aliases[] = {
    {"amazon-bedrock", "bedrock"},
    {"aws", "bedrock"},
    {"azure-text", "azure"},
    {"bedrock-converse", "bedrock"},
    {"codestral", "mistral"},
    {"cohere-chat", "cohere"},
    {"cohere-v2", "cohere"},
    {"deepseek-ai", "deepseek"},
    {"fal", "fal-ai"},
    {"featherless", "featherless-ai"},
    {"fireworks", "fireworks-ai"},
    {"fireworks-ai-embedding-models", "fireworks-ai"},
    {"google", "gemini"},
    {"google-ai-studio", "gemini"},
    {"google-vertex", "vertex-ai"},
    {"hugging-face", "huggingface"},
    {"mistral-ai", "mistral"},
    {"mistralai", "mistral"},
    {"moonshot", "moonshotai"},
    {"moonshot-ai", "moonshotai"},
    {"novita-ai", "novita"},
    {"openai-responses", "openai"},
    {"text-completion-openai", "openai"},
    {"together-ai", "together"},
    {"togetherai", "together"},
    {"voyage", "voyageai"},
    {"x-ai", "xai"},
    {"z-ai", "zai-org"},
    {"zai", "zai-org"},
};
static_assert(std::is_sorted(std::begin(aliases), std::end(aliases),
                             [](const alias& a, const alias& b) { return a.other < b.other; }));

// Domains, with the hosts below them.
constexpr alias hosts[] = {
    {"anthropic.com", "anthropic"},
    {"api.mistral.ai", "mistral"},
    {"api.z.ai", "zai-org"},
    {"api.x.ai", "xai"},
    {"baseten.co", "baseten"},
    {"cerebras.ai", "cerebras"},
    {"cohere.com", "cohere"},
    {"deepinfra.com", "deepinfra"},
    {"deepseek.com", "deepseek"},
    {"fal.run", "fal-ai"},
    {"featherless.ai", "featherless-ai"},
    {"fireworks.ai", "fireworks-ai"},
    {"generativelanguage.googleapis.com", "gemini"},
    {"groq.com", "groq"},
    {"minimax.io", "minimax"},
    {"moonshot.ai", "moonshotai"},
    {"novita.ai", "novita"},
    {"nscale.com", "nscale"},
    {"openai.azure.com", "azure"},
    {"openai.com", "openai"},
    {"openrouter.ai", "openrouter"},
    {"perplexity.ai", "perplexity"},
    {"publicai.co", "publicai"},
    {"replicate.com", "replicate"},
    {"sambanova.ai", "sambanova"},
    {"scaleway.ai", "scaleway"},
    {"together.xyz", "together"},
    {"voyageai.com", "voyageai"},
};

std::string_view host_of(std::string_view name) noexcept {
  if (const auto scheme = name.find("://"); scheme != std::string_view::npos)
    name.remove_prefix(scheme + 3);
  name = name.substr(0, name.find_first_of("/?#"));
  if (const auto user = name.rfind('@'); user != std::string_view::npos)
    name.remove_prefix(user + 1);
  return name.substr(0, name.find(':'));
}

bool is_of(std::string_view host, std::string_view domain) noexcept {
  return host.ends_with(domain) && (host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.');
}

} // namespace

std::string canonical_provider(std::string_view name) {
  auto id = name_pattern::lower(name);
  if (id.find('.') != std::string::npos || id.find("://") != std::string::npos) {
    const auto host = host_of(id);
    for (const auto& [domain, ours] : hosts)
      if (is_of(host, domain))
        return std::string(ours);
    return std::string(host);
  }
  std::replace(id.begin(), id.end(), '_', '-');
  // The router's price is the provider's.
  constexpr std::string_view routed = "huggingface-";
  if (id.starts_with(routed))
    id.erase(0, routed.size());
  if (id.starts_with("vertex-ai"))
    return "vertex-ai";
  const auto* row = std::lower_bound(std::begin(aliases), std::end(aliases), std::string_view(id),
                                     [](const alias& a, std::string_view wanted) { return a.other < wanted; });
  return row != std::end(aliases) && row->other == id ? std::string(row->ours) : id;
}

} // namespace weir::inline v0
