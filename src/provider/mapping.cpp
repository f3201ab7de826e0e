#include "provider/mapping.hpp"

#include "codec/json.hpp"
#include "provider/paths.hpp"
#include "provider/vendors.hpp"

namespace weir::provider {

namespace {

constexpr std::string_view attribute = "inferenceProviderMapping";

class entry {
public:
  entry() = default;
  entry(std::string_view provider, const codec::json::value& v)
      : provider(provider), model(codec::string_at(v, "providerId").value_or("")),
        task(codec::string_at(v, "task").value_or("")), status(codec::string_at(v, "status").value_or("")) {}
  std::string_view provider, model, task, status;
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

std::string_view hub_name(task what) { return what == task::chat ? "conversational" : "text-generation"; }

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
  std::string served;
  for (const auto& e : entries_of(parsed)) {
    if (e.task != hub_name(what) || e.model.empty())
      continue;
    const auto* v = find_vendor(e.provider);
    const bool offered = v && !(what == task::chat ? v->chat : v->text).empty();
    // A vendor that was named is used whatever its status: it only warns of trouble.
    if (offered && (any ? e.status != "error" : e.provider == provider))
      return mapping(std::string(e.provider), std::string(e.model));
    served += (served.empty() ? "" : ", ") + std::string(e.provider);
  }
  const auto id = codec::string_at(parsed, "id");
  const std::string model = id ? std::string(*id) : std::string("the model");
  const std::string who = any ? "no provider that weir knows" : std::string(provider) + " does not";
  throw error(errc::unsupported,
              (any ? who + " serves " : who + " serve ") + model + " for " + std::string(hub_name(what)) +
                  (served.empty() ? "" : "; these do: " + served));
}

} // namespace weir::provider
