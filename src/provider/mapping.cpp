#include "provider/mapping.hpp"

#include "codec/json.hpp"
#include "provider/offers.hpp"
#include "provider/paths.hpp"

namespace weir::provider {

namespace {

constexpr std::string_view attribute = "inferenceProviderMapping";

class entry {
public:
  entry() = default;
  entry(std::string_view provider, const codec::json::value& v)
      : provider(provider), model(codec::string_at(v, "providerId").value_or("")),
        task(codec::string_at(v, "task").value_or("")), status(codec::string_at(v, "status").value_or("")),
        adapter(codec::string_at(v, "adapter").value_or("")),
        weights(codec::string_at(v, "adapterWeightsPath").value_or("")) {}
  std::string_view provider, model, task, status, adapter, weights;
};

std::vector<entry> entries_of(const codec::json::value& body) {
  std::vector<entry> all;
  if (const auto* object = codec::object_at(body, attribute)) {
    for (const auto& member : *object)
      all.emplace_back(std::string_view(member.key()), member.value());
  } else if (const auto* list = codec::array_at(body, attribute)) {
    for (const auto& v : *list)
      all.emplace_back(codec::string_at(v, "provider").value_or(""), v);
  }
  return all;
}

// hf-inference serves both with the same models (facts §2.1).
bool interchangeable(std::string_view provider, std::string_view a, std::string_view b) {
  const auto one_of = [](std::string_view t) { return t == "feature-extraction" || t == "sentence-similarity"; };
  return provider == "hf-inference" && one_of(a) && one_of(b);
}

mapping read_mapping(const entry& e, std::string_view asked) {
  mapping m{std::string(e.provider), std::string(e.model)};
  if (e.adapter == "lora") {
    m.lora.emplace();
    m.lora->hub_model = asked;
    m.lora->weights = e.weights;
  }
  return m;
}

} // namespace

std::string mapping_target(std::string_view model) {
  return "/api/models/" + path_of_model(model) + "?expand=inferenceProviderMapping";
}

mapping parse_mapping(std::string_view body, std::string_view provider, task what) {
  error_code ec;
  const auto parsed = codec::parse_json(body, ec);
  if (ec || !parsed.is_object())
    throw error(errc::malformed_response, "the Hub's answer on the model's providers is not a JSON object");
  const bool any = provider.empty() || provider == "auto";
  const auto wanted = name(what);
  const auto id = codec::string_at(parsed, "id");
  std::string served;
  for (const auto& e : entries_of(parsed)) {
    if (e.model.empty() || (e.task != wanted && !interchangeable(e.provider, e.task, wanted)))
      continue;
    const bool offered = offers(e.provider, what);
    // A vendor that was named is used whatever its status: it only warns of trouble.
    if (offered && (any ? e.status != "error" : e.provider == provider))
      return read_mapping(e, id.value_or(""));
    served += (served.empty() ? "" : ", ") + std::string(e.provider);
  }
  const std::string model = id ? std::string(*id) : std::string("the model");
  const std::string who = any ? "no provider that weir knows" : std::string(provider) + " does not";
  throw error(errc::unsupported,
              (any ? who + " serves " : who + " serve ") + model + " for " + std::string(wanted) +
                  (served.empty() ? "" : "; these do: " + served));
}

} // namespace weir::provider
