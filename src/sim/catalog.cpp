// The models that the simulation serves, as the router and the Hub list them.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object provider(std::string_view id, double input, double output, double latency_ms, double throughput) {
  json::object p;
  p["provider"] = id;
  p["status"] = "live";
  p["context_length"] = 131072;
  p["pricing"] = json::object{{"input", input}, {"output", output}};
  p["is_free"] = false;
  p["supports_tools"] = true;
  p["supports_structured_output"] = id == "groq";
  p["first_token_latency_ms"] = latency_ms;
  p["throughput"] = throughput;
  p["is_model_author"] = false;
  return p;
}

json::object model(std::string_view id) {
  json::object m;
  m["id"] = id;
  m["object"] = "model";
  m["created"] = 1735689600;
  m["owned_by"] = "weir";
  m["architecture"] = json::object{{"input_modalities", {"text"}}, {"output_modalities", {"text"}}};
  json::array served;
  served.push_back(provider("groq", 0.6, 0.8, 180, 310));
  served.push_back(provider("together", 0.3, 0.5, 420, 90));
  // Some entries have no numbers at all (docs/providers.md, "Lists of models").
  served.push_back(json::object{{"provider", "featherless-ai"}, {"status", "live"}, {"is_model_author", false}});
  m["providers"] = std::move(served);
  return m;
}

json::object anthropic_model(std::string_view id) {
  json::object m;
  m["type"] = "model";
  m["id"] = id;
  m["display_name"] = id;
  m["created_at"] = "2026-01-02T03:04:05Z";
  m["lifecycle"] = "active";
  return m;
}

constexpr std::string_view names[] = {"weir/simulated", "weir/simulated-reasoning"};

bool listed(std::string_view id) { return std::find(std::begin(names), std::end(names), id) != std::end(names); }

plan no_such_model() {
  return openai_error(404, "Simulated: the model does not exist.", "invalid_request_error", "model_not_found");
}

} // namespace

std::span<const std::string_view> model_names() noexcept { return names; }

plan answer_models() {
  json::array data;
  for (const auto id : names)
    data.push_back(model(id));
  json::object body;
  body["object"] = "list";
  body["data"] = std::move(data);
  return json_plan(200, std::move(body));
}

plan answer_model(std::string_view id) { return listed(id) ? json_plan(200, model(id)) : no_such_model(); }

plan answer_anthropic_models() {
  json::array data;
  for (const auto id : names)
    data.push_back(anthropic_model(id));
  json::object body;
  body["data"] = std::move(data);
  body["has_more"] = false;
  body["first_id"] = std::begin(names)[0];
  body["last_id"] = std::end(names)[-1];
  return json_plan(200, std::move(body));
}

plan answer_anthropic_model(std::string_view id) {
  return listed(id) ? json_plan(200, anthropic_model(id)) : no_such_model();
}

plan answer_hub_models() {
  json::array all;
  for (const auto& [id, task] :
       {std::pair("weir/painter", "text-to-image"), std::pair("weir/speaker", "text-to-speech")}) {
    json::object m;
    m["id"] = id;
    m["pipeline_tag"] = task;
    json::array served;
    for (const auto* who : {"fal-ai", "replicate"})
      served.push_back(json::object{
          {"provider", who}, {"providerId", std::string(who) + "/simulated"}, {"status", "live"}, {"task", task}});
    m["inferenceProviderMapping"] = std::move(served);
    all.push_back(std::move(m));
  }
  return json_plan(200, std::move(all));
}

plan answer_whoami(bool known) {
  if (!known)
    return json_plan(401, json::object{{"error", "Invalid username or password."}});
  return json_plan(200, json::object{{"type", "user"}, {"name", "simulated"}});
}

} // namespace weir::inline v0::sim
