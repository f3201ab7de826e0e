// Ollama's other routes: text generation, embeddings, its list of models.
#include "sim/dialects/dialects.hpp"
#include "sim/dialects/ollama/lines.hpp"
#include "sim/tasks/tasks.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

plan refused(std::string_view why) { return openai_error(400, why, "invalid_request_error"); }

} // namespace

plan answer_ollama_generate(const ask& a) {
  if (!codec::string_at(a.body, "model"))
    return refused("model is required");
  wanted w(text_of(a.body, "prompt"));
  ollama::read_options(w, a.body);
  w.may_reason = false;
  const said s(a, w);
  if (!codec::bool_at(a.body, "stream").value_or(true))
    return json_plan(200, ollama::line(s, "response", json::value(s.whole()), true));
  std::vector<scripted> after;
  after.emplace_back(piece::extra, ollama::text(ollama::line(s, "response", "", true)));
  auto out = ollama::stream(s, ollama::line(s, "response", "", false), "response", {}, std::move(after));
  out.error_event = "{\"error\":\"simulated failure\"}\n";
  return out;
}

plan answer_ollama_embed(const ask& a) {
  const auto model = codec::string_at(a.body, "model");
  if (!model)
    return refused("model is required");
  const auto texts = texts_at(a.body, "input");
  if (texts.empty())
    return refused("input is required: a string or a list of strings");
  json::array vectors;
  std::uint64_t tokens = 0;
  for (const auto& each : texts) {
    vectors.push_back(embedding_of(each, codec::uint_at(a.body, "dimensions")));
    tokens += count_words(each);
  }
  json::object body;
  body["model"] = *model;
  body["embeddings"] = std::move(vectors);
  body["total_duration"] = 1000;
  body["prompt_eval_count"] = tokens;
  return json_plan(200, std::move(body));
}

plan answer_ollama_models() {
  json::array models;
  for (const auto name : model_names()) {
    json::object m;
    m["name"] = name;
    m["model"] = name;
    m["modified_at"] = ollama::created;
    m["size"] = 1'000'000;
    m["digest"] = std::string(64, '0');
    m["details"] = json::object{{"format", "gguf"}, {"family", "weir"}, {"parameter_size", "0B"}};
    models.push_back(std::move(m));
  }
  return json_plan(200, one("models", std::move(models)));
}

} // namespace weir::inline v0::sim
