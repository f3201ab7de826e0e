// OpenAI's Responses.
#include "sim/answer/tools.hpp"
#include "sim/dialects/dialects.hpp"
#include "sim/dialects/openai/response_events.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

plan refused(std::string_view why) {
  return openai_error(400, why, "invalid_request_error", "missing_required_parameter");
}

/// The last item's text, whether a message or a function's output.
std::string prompt_of(const json::value& item) {
  return codec::find(item, "output") ? text_of(item, "output") : text_of(item);
}

} // namespace

plan answer_responses(const ask& a) {
  const auto* input = codec::find(a.body, "input");
  const auto* items = input ? input->if_array() : nullptr;
  if (!input || (items && items->empty()) || (!items && !input->is_string()))
    return refused("input is required.");
  tool_offer offer;
  offer.add(codec::array_at(a.body, "tools"));
  if (const auto wrong = read_tool_choice(offer, a.body); !wrong.empty())
    return openai_error(400, wrong, "invalid_request_error", "invalid_tool_choice");

  wanted w(items ? prompt_of(items->back()) : std::string(input->as_string()));
  w.limit = codec::uint_at(a.body, "max_output_tokens");
  w.tool = offer.pick(w.prompt, !items || codec::string_at(items->back(), "role") == "user");
  const auto* text = codec::find(a.body, "text");
  if (const auto* format = text ? codec::find(*text, "format") : nullptr) {
    w.as_json = codec::string_at(*format, "type").value_or("text") != "text";
    w.schema = codec::find(*format, "schema");
  }
  const said s(a, w);
  auto out = codec::bool_at(a.body, "stream").value_or(false)
                 ? stream_plan(response_events(s, a.body))
                 : json_plan(200, response_object(s, a.body, true, s.whole()));
  out.error_event = "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"simulated "
                    "failure\",\"param\":null,\"sequence_number\":1}\n\n";
  return out;
}

} // namespace weir::inline v0::sim
