// The tasks of vendors that run jobs, in requests.jsonl.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/core/base64.hpp>

#include "known_differences.hpp"
#include "lines.hpp"
#include "provider/mapping.hpp"
#include "provider/offers.hpp"
#include "provider/tasks/task_json.hpp"

namespace conformance {

/// Whether a line is for a task that these tests compare.
inline bool is_job(const json::value& line) {
  const auto provider = text_at(line, "provider"), task = text_at(line, "task");
  if (provider == "novita" || provider == "together")
    return task.ends_with("-to-video");
  const bool chat = task == "conversational" || task == "text-generation";
  return !chat && (provider == "fal-ai" || provider == "replicate" || provider == "wavespeed" || provider == "zai-org");
}

/// What weir sends for such a line.
inline weir::http::request job_request(const json::value& line) {
  namespace provider = weir::provider;
  const auto what = weir::find_task_kind(text_at(line, "task"));
  if (!what)
    throw weir::error(weir::errc::invalid_argument, "no such task");
  const bool own_key = text_at(line, "key") == "provider";
  provider::mapping found(text_at(line, "provider"), text_at(line, "provider_model_id"));
  if (line.at("lora").as_bool()) {
    found.lora.emplace();
    found.lora->hub_model = "org/model";
    found.lora->weights = "w.safetensors";
  }
  provider::target t;
  t.provider = found.provider;
  t.model = own_key ? found.model : std::string("org/model");
  t.key = weir::secret(own_key ? "pk-TEST" : "hf_TEST");
  auto route = provider::resolve(*what, t);
  if (route.needs_mapping)
    provider::apply_mapping(route, found);
  // With a vendor's own key there is no mapping, but the recorded client had one.
  route.lora = found.lora;

  json::value input = line.at("input");
  std::vector<weir::media> attached;
  if (const auto bytes = weir::codec::string_at(input, "$bytes_b64")) {
    attached.emplace_back(weir::decode_base64(*bytes).value());
    input = nullptr;
  }
  auto ask = provider::read_task(*what, t.model, input, std::move(attached), line.at("parameters").as_object());
  if (const auto* extra = weir::codec::object_at(line, "extra_payload"))
    for (const auto& member : *extra)
      ask.add_extra_body(std::string(member.key()), weir::codec::to_text(member.value()));
  return provider::encode_task(ask, route);
}

} // namespace conformance
