// OpenAI's Responses.
#include "sim/dialects/dialects.hpp"
#include "sim/dialects/script.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

/// The end of a stream repeats its text, which is built before the first event is sent: not for a load test.
constexpr std::uint64_t most_repeated_tokens = 10'000;

std::string repeated(const said& s) { return s.size.tokens <= most_repeated_tokens ? s.whole() : std::string(); }

json::object usage_of(const said& s) {
  json::object out;
  out["input_tokens"] = s.prompt_tokens;
  out["input_tokens_details"] = one("cached_tokens", 0);
  out["output_tokens"] = s.answer_tokens();
  out["output_tokens_details"] = one("reasoning_tokens", s.reasoning);
  out["total_tokens"] = s.prompt_tokens + s.answer_tokens();
  return out;
}

json::object text_part(std::string_view type, std::string_view text) {
  auto out = one("type", json::value(type));
  out["text"] = text;
  return out;
}

json::array parts(json::array list, json::object part) {
  list.push_back(std::move(part));
  return list;
}

json::object reasoning_item(std::string_view text) {
  auto out = one("type", "reasoning");
  out["id"] = "rs_sim";
  out["summary"] = text.empty() ? json::array() : parts(json::array(), text_part("summary_text", text));
  return out;
}

json::object message_item(std::string_view text) {
  auto out = one("type", "message");
  out["id"] = "msg_sim";
  out["role"] = "assistant";
  out["content"] = text.empty() ? json::array() : parts(json::array(), text_part("output_text", text));
  return out;
}

json::object call_item(const called& c, std::string_view arguments) {
  auto out = one("type", "function_call");
  out["id"] = "fc_sim";
  out["call_id"] = c.id;
  out["name"] = c.name;
  out["arguments"] = arguments;
  return out;
}

json::object response(const said& s, bool ended, std::string_view text) {
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
  if (!ended)
    return out;
  json::array output;
  if (s.reasoning != 0)
    output.push_back(reasoning_item(s.thoughts()));
  if (s.call)
    output.push_back(call_item(*s.call, s.call->arguments));
  else
    output.push_back(message_item(text));
  out["output"] = std::move(output);
  out["usage"] = usage_of(s);
  return out;
}

std::string event(std::string_view type, std::uint64_t index, std::string_view key, json::value value) {
  auto out = one("type", json::value(type));
  out["output_index"] = index;
  out[key] = std::move(value);
  return typed_event(out);
}

std::string state(std::string_view type, const said& s, bool ended) {
  auto out = one("type", json::value(type));
  out["response"] = response(s, ended, repeated(s));
  return typed_event(out);
}

plan streamed(const said& s) {
  auto source = s.stream();
  source->before.emplace_back(piece::extra, state("response.created", s, false));
  std::uint64_t index = 0;
  if (s.reasoning != 0) {
    const answer_text thoughts("");
    source->before.emplace_back(piece::extra, event("response.output_item.added", index, "item", reasoning_item("")));
    for (std::uint64_t t = 0; t < s.reasoning; ++t)
      source->before.emplace_back(
          piece::token, event("response.reasoning_summary_text.delta", index, "delta", json::value(thoughts.token(t))));
    source->before.emplace_back(piece::extra,
                                event("response.output_item.done", index++, "item", reasoning_item(s.thoughts())));
  }
  if (s.call) {
    source->after.emplace_back(piece::token,
                               event("response.output_item.added", index, "item", call_item(*s.call, "")));
    for (const auto& part : pieces(s.call->arguments))
      source->after.emplace_back(piece::token,
                                 event("response.function_call_arguments.delta", index, "delta", json::value(part)));
    source->after.emplace_back(piece::extra, event("response.function_call_arguments.done", index, "arguments",
                                                   json::value(s.call->arguments)));
  } else {
    source->before.emplace_back(piece::extra, event("response.output_item.added", index, "item", message_item("")));
    source->after.emplace_back(piece::extra,
                               event("response.output_text.done", index, "text", json::value(repeated(s))));
  }
  source->prefixes.push_back(
      "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":" +
      std::to_string(index) + ",\"content_index\":0,\"delta\":\"");
  source->suffix = "\",\"logprobs\":[]}\n\n";
  source->after.emplace_back(piece::extra,
                             state(s.size.limited && !s.call ? "response.incomplete" : "response.completed", s, true));
  return stream_plan(std::move(source));
}

} // namespace

plan answer_responses(const ask& a) {
  const auto* input = codec::find(a.body, "input");
  const auto* items = input ? input->if_array() : nullptr;
  if (!input || (items && items->empty()) || (!items && !input->is_string()))
    return openai_error(400, "input is required.", "invalid_request_error", "missing_required_parameter");
  const auto* tools = codec::array_at(a.body, "tools");
  const bool from_user = !items || codec::string_at(items->back(), "role") == "user";
  const auto* text = codec::find(a.body, "text");
  const auto* format = text ? codec::find(*text, "format") : nullptr;
  const said s(a, items ? text_of(items->back()) : std::string(input->as_string()),
               codec::uint_at(a.body, "max_output_tokens"),
               format && codec::string_at(*format, "type").value_or("text") != "text",
               tools && !tools->empty() && from_user ? &tools->front() : nullptr, "parameters");
  auto out =
      codec::bool_at(a.body, "stream").value_or(false) ? streamed(s) : json_plan(200, response(s, true, s.whole()));
  out.error_event = "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"simulated "
                    "failure\",\"param\":null}\n\n";
  return out;
}

} // namespace weir::inline v0::sim
