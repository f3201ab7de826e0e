// Bodies of OpenAI's other APIs: completions, embeddings, images, speech.
#include "provider/chat/read/member_reader.hpp"
#include "provider/chat/read/request_read.hpp"
#include "provider/tasks/task_json.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

// The parameters that feature_extraction documents; others are members of the body.
constexpr std::string_view embedding_parameters[] = {
    "dimensions", "encoding_format", "normalize", "prompt_name", "truncate", "truncation_direction",
};

} // namespace

text_generation read_completion(const json::object& body, std::string_view where) {
  member_reader from(body);
  text_generation ask(from.text("model").value_or(""));
  auto prompt = from.texts("prompt");
  if (!prompt)
    throw_unreadable(where, "the request's prompt is not a text");
  if (prompt->size() != 1)
    throw_unreadable(where, "the request has several prompts: give each a line of its own");
  ask.prompt(std::move(prompt->front()));
  if (auto v = from.whole("best_of"))
    ask.best_of(*v);
  if (auto v = from.number("frequency_penalty"))
    ask.frequency_penalty(*v);
  if (auto v = from.whole("max_tokens"))
    ask.max_new_tokens(*v);
  if (auto v = from.number("repetition_penalty"))
    ask.repetition_penalty(*v);
  if (auto v = from.natural("seed"))
    ask.seed(*v);
  if (auto v = from.texts("stop"))
    for (auto& one : *v)
      ask.stop(std::move(one));
  if (auto v = from.number("temperature"))
    ask.temperature(*v);
  if (auto v = from.whole("top_k"))
    ask.top_k(*v);
  if (auto v = from.number("top_p"))
    ask.top_p(*v);
  from.drop("stream_options");
  from.rest_into(ask);
  return ask;
}

task_request read_embedding(const json::object& body, std::string_view where) {
  member_reader from(body);
  auto model = from.text("model").value_or("");
  const auto texts = from.texts("input");
  if (!texts || texts->empty())
    throw_unreadable(where, "the request's input is neither a text nor a list of texts");
  json::object parameters;
  for (const auto key : embedding_parameters)
    if (const auto* v = from.peek(key)) {
      parameters[key] = *v;
      from.drop(key);
    }
  auto ask = read_task(task_kind::feature_extraction, std::move(model), json::value(nullptr), {}, parameters);
  for (const auto& text : *texts)
    ask.add_text(text);
  from.for_rest([&ask](std::string key, std::string text) { ask.add_extra_body(std::move(key), std::move(text)); });
  return ask;
}

task_request read_media_task(task_kind what, std::string_view key, const json::object& body, std::string_view where) {
  member_reader from(body);
  auto model = from.text("model").value_or("");
  auto text = from.text(key);
  if (!text)
    throw_unreadable(where, "the request's " + std::string(key) + " is not a text");
  json::object parameters = body;
  for (const auto name : {key, std::string_view("model"), std::string_view("stream")})
    parameters.erase(name);
  return read_task(what, std::move(model), json::value(*std::move(text)), {}, parameters);
}

} // namespace weir::inline v0::provider
