#include "sim/dialects/openai/response_events.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object usage_of(const said& s) {
  json::object out;
  out["input_tokens"] = s.prompt_tokens;
  out["input_tokens_details"] = json::object{{"cached_tokens", s.cached.read}, {"cache_write_tokens", 0}};
  out["output_tokens"] = s.answer_tokens();
  out["output_tokens_details"] = one("reasoning_tokens", s.reasoning);
  out["total_tokens"] = s.prompt_tokens + s.answer_tokens();
  return out;
}

json::object item(std::string_view type, std::string_view id, bool complete) {
  auto out = one("type", json::value(type));
  out["id"] = id;
  out["status"] = complete ? "completed" : "in_progress";
  return out;
}

json::array list_of(json::object only) {
  json::array out;
  out.push_back(std::move(only));
  return out;
}

/// The settings of the request, as the response repeats them.
void repeat_settings(json::object& out, const json::value& request) {
  const auto repeat = [&](std::string_view key, const json::value& otherwise) {
    const auto* set = codec::find(request, key);
    out[key] = set ? *set : otherwise;
  };
  repeat("instructions", nullptr);
  repeat("max_output_tokens", nullptr);
  repeat("metadata", json::object());
  repeat("parallel_tool_calls", true);
  repeat("previous_response_id", nullptr);
  repeat("reasoning", json::object{{"effort", nullptr}, {"summary", nullptr}});
  repeat("store", true);
  repeat("temperature", 1.0);
  repeat("text", one("format", one("type", "text")));
  repeat("tool_choice", "auto");
  repeat("tools", json::array());
  repeat("top_p", 1.0);
  repeat("truncation", "disabled");
}

} // namespace

json::object summary_part(std::string_view text) {
  auto out = one("type", "summary_text");
  out["text"] = text;
  return out;
}

json::object text_part(std::string_view text) {
  auto out = one("type", "output_text");
  out["text"] = text;
  out["annotations"] = json::array();
  out["logprobs"] = json::array();
  return out;
}

json::object reasoning_item(const said& s, bool complete) {
  auto out = item("reasoning", "rs_sim_" + std::to_string(s.serial), complete);
  out["summary"] = complete ? list_of(summary_part(s.thoughts())) : json::array();
  return out;
}

json::object message_item(const said& s, bool complete, std::string_view text) {
  auto out = item("message", "msg_sim_" + std::to_string(s.serial), complete);
  if (complete && s.size.limited)
    out["status"] = "incomplete";
  out["role"] = "assistant";
  out["content"] = complete ? list_of(text_part(text)) : json::array();
  return out;
}

json::object call_item(const said& s, bool complete) {
  auto out = item("function_call", "fc_sim_" + std::to_string(s.serial), complete);
  out["call_id"] = s.call->id;
  out["name"] = s.call->name;
  out["arguments"] = complete ? std::string_view(s.call->arguments) : std::string_view();
  return out;
}

json::object response_object(const said& s, const json::value& request, bool ended, std::string_view text) {
  json::object out;
  out["id"] = "resp_sim_" + std::to_string(s.serial);
  out["object"] = "response";
  out["created_at"] = s.created;
  const bool cut = s.size.limited && !s.call;
  out["status"] = !ended ? "in_progress" : cut ? "incomplete" : "completed";
  out["error"] = nullptr;
  out["incomplete_details"] = ended && cut ? json::value(one("reason", "max_output_tokens")) : json::value(nullptr);
  out["model"] = s.model;
  out["output"] = json::array();
  out["usage"] = nullptr;
  repeat_settings(out, request);
  if (!ended)
    return out;
  json::array output;
  if (s.reasoning != 0)
    output.push_back(reasoning_item(s, true));
  output.push_back(s.call ? call_item(s, true) : message_item(s, true, text));
  out["output"] = std::move(output);
  out["usage"] = usage_of(s);
  return out;
}

} // namespace weir::inline v0::sim
