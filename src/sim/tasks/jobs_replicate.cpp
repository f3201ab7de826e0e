// Replicate's predictions. `Prefer: wait` is honoured for jobs that take no time.
#include "sim/protocol.hpp"
#include "sim/tasks/jobs.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view mark = "/v1/predictions/";

std::string_view word_of(job_state s) {
  switch (s) {
  case job_state::queued: return "starting";
  case job_state::running: return "processing";
  case job_state::done: return "succeeded";
  case job_state::failed: return "failed";
  case job_state::cancelled: return "canceled";
  }
  return {};
}

json::value output_of(const job_ask& ask, const job& j) {
  if (j.makes == product::speech_text) {
    json::object out;
    out["transcription"] = job_words;
    out["txt_file"] = ask.file_url(j);
    return out;
  }
  if (j.makes == product::image)
    return json::array{json::value(ask.file_url(j))};
  return json::value(ask.file_url(j));
}

json::object prediction(const job_ask& ask, const job& j, job_state state) {
  const auto url = "https://api.replicate.com" + std::string(mark) + j.id;
  json::object urls;
  urls["get"] = url;
  urls["cancel"] = url + "/cancel";
  json::object out;
  out["id"] = j.id;
  out["model"] = j.model;
  out["status"] = word_of(state);
  out["output"] = state == job_state::done ? output_of(ask, j) : json::value(nullptr);
  out["error"] = state == job_state::failed ? json::value(job_failure_words) : json::value(nullptr);
  out["logs"] = "";
  out["urls"] = std::move(urls);
  return out;
}

product made_by(const json::value& input, std::string_view model) {
  if (codec::find(input, "audio"))
    return product::speech_text;
  if (codec::find(input, "text"))
    return product::sound;
  if (codec::find(input, "image"))
    return product::image;
  return product_of(model, product::image);
}

} // namespace

std::optional<plan> answer_replicate(const job_ask& ask) {
  if (ask.is("POST", "/predictions")) {
    const auto models = ask.after("/models/");
    const auto model = models.empty() ? std::string_view("by/version") : models.substr(0, models.rfind('/'));
    const auto* input = codec::find(ask.body(), "input");
    if (!input)
      return openai_error(422, "input is required", "validation");
    // Only those of language models say whether they stream, and they are not jobs.
    if (codec::find(ask.body(), "stream"))
      return std::nullopt;
    const auto& j = ask.begin("replicate", model, made_by(*input, model));
    const bool ready = j.length.none() && ask.incoming.header("prefer") == "wait";
    const auto state = ready ? j.state(ask.now) : job_state::queued;
    return json_plan(ready && state == job_state::done ? 201 : 202, prediction(ask, j, state));
  }
  const auto rest = ask.after(mark);
  if (rest.empty())
    return std::nullopt;
  const auto id = rest.substr(0, rest.find('/'));
  const bool cancels = ask.is("POST", "/cancel");
  if (!cancels && ask.incoming.method != "GET")
    return std::nullopt;
  auto seen = cancels ? peek(ask, id) : look_up(ask, id);
  if (seen.refused)
    return std::move(*seen.refused);
  if (cancels && (seen.state == job_state::queued || seen.state == job_state::running)) {
    seen.it->cancelled = true;
    seen.state = job_state::cancelled;
  }
  return json_plan(200, prediction(ask, *seen.it, seen.state));
}

} // namespace weir::inline v0::sim
