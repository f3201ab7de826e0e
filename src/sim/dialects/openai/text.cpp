// OpenAI's text completions.
#include "sim/dialects/openai/completion.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object choice_of(std::uint64_t index, std::string_view text, std::string_view finish) {
  json::object out;
  out["index"] = index;
  out["text"] = text;
  out["logprobs"] = nullptr;
  out["finish_reason"] = finish;
  return out;
}

plan stream_text(const completion& c) {
  auto source = c.it.stream();
  for (std::uint64_t i = 0; i < c.choices; ++i) {
    source->prefixes.push_back(c.opening() + "{\"index\":" + std::to_string(i) + ",\"text\":\"");
    source->after.emplace_back(piece::extra, c.event(choice_of(i, "", c.finish())));
  }
  source->suffix = "\",\"logprobs\":null,\"finish_reason\":null}" + c.closing();
  c.add_end(source->after);
  return stream_plan(std::move(source));
}

} // namespace

plan answer_completion(const ask& a) {
  const auto prompt = codec::string_at(a.body, "prompt");
  if (!prompt)
    return openai_error(400, "prompt is required.", "invalid_request_error", "missing_prompt");
  if (const auto wrong = complaint_about(a.body); !wrong.empty())
    return openai_error(400, wrong, "invalid_request_error", "invalid_value");
  wanted w{std::string(*prompt)};
  w.limit = token_limit(a.body);
  w.stop_at(a.body, "stop");
  w.may_reason = false;
  const completion c(a, w, "cmpl-sim-", "text_completion");
  if (codec::bool_at(a.body, "stream").value_or(false))
    return stream_text(c);
  json::array choices;
  for (std::uint64_t i = 0; i < c.choices; ++i)
    choices.push_back(choice_of(i, c.it.whole(), c.finish()));
  auto body = c.head(c.object);
  body["choices"] = std::move(choices);
  body["usage"] = c.usage();
  return json_plan(200, std::move(body));
}

} // namespace weir::inline v0::sim
