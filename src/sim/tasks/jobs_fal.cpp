// fal: quick tasks at once, the others through its queue.
#include "sim/protocol.hpp"
#include "sim/tasks/jobs.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view mark = "/requests/";

json::object file(const job_ask& ask, const job& j) {
  json::object o;
  o["url"] = ask.file_url(j);
  return o;
}

json::object result_of(const job_ask& ask, const job& j) {
  json::object out;
  json::array images;
  switch (j.makes) {
  case product::video: out["video"] = file(ask, j); break;
  case product::sound: out["audio"] = file(ask, j); break;
  case product::mask: out["image"] = file(ask, j); break;
  case product::speech_text: {
    json::object chunk;
    chunk["timestamp"] = json::array{0.0, 1.5};
    chunk["text"] = job_words;
    out["text"] = job_words;
    out["chunks"] = json::array{std::move(chunk)};
    break;
  }
  case product::image:
    images.push_back(file(ask, j));
    out["images"] = std::move(images);
    break;
  }
  return out;
}

product made_by(const job_ask& ask, std::string_view model, bool queued) {
  const auto& body = ask.body();
  if (codec::find(body, "audio_url"))
    return queued ? product::sound : product::speech_text;
  if (codec::find(body, "sync_mode"))
    return product::mask;
  if (codec::find(body, "image_urls"))
    return product::image;
  if (codec::find(body, "text"))
    return product::sound;
  return product_of(model, queued ? product::video : product::image);
}

plan submitted(const job_ask& ask, std::string_view model) {
  const auto& j = ask.begin("fal-ai", model, made_by(ask, model, true));
  const auto url = "https://queue.fal.run/" + std::string(model) + std::string(mark) + j.id;
  json::object out;
  out["status"] = "IN_QUEUE";
  out["request_id"] = j.id;
  out["queue_position"] = 0;
  out["response_url"] = url;
  out["status_url"] = url + "/status";
  out["cancel_url"] = url + "/cancel";
  return json_plan(200, out);
}

plan status_of(const job_ask& ask, std::string_view id) {
  auto seen = look_up(ask, id);
  if (seen.refused)
    return std::move(*seen.refused);
  if (seen.state == job_state::cancelled)
    return openai_error(400, "The request was cancelled.", "cancelled");
  json::object out;
  out["request_id"] = seen.it->id;
  // A failed job counts as completed: its result reports the failure.
  out["status"] = seen.state == job_state::queued    ? "IN_QUEUE"
                  : seen.state == job_state::running ? "IN_PROGRESS"
                                                     : "COMPLETED";
  if (seen.state == job_state::queued)
    out["queue_position"] = 0;
  return json_plan(200, out);
}

plan result_plan(const job_ask& ask, std::string_view id) {
  auto seen = peek(ask, id);
  if (seen.refused)
    return std::move(*seen.refused);
  json::object problem;
  problem["detail"] = seen.state == job_state::failed ? job_failure_words : "The request is still in progress.";
  if (seen.state != job_state::done)
    return json_plan(seen.state == job_state::failed ? 422 : 400, problem);
  return json_plan(200, result_of(ask, *seen.it));
}

plan cancelled(const job_ask& ask, std::string_view id) {
  auto seen = peek(ask, id);
  if (seen.refused)
    return std::move(*seen.refused);
  json::object out;
  const bool late = seen.state == job_state::done || seen.state == job_state::failed;
  if (!late)
    seen.it->cancelled = true;
  out["status"] = late ? "ALREADY_COMPLETED" : "CANCELLATION_REQUESTED";
  return json_plan(late ? 400 : 202, out);
}

} // namespace

std::optional<plan> answer_fal(const job_ask& ask) {
  const bool queued = ask.incoming.query.find("_subdomain=queue") != std::string::npos;
  if (!queued && !std::string_view(ask.incoming.path).starts_with("/fal-ai/"))
    return std::nullopt;
  if (const auto rest = ask.after(mark); !rest.empty()) {
    const auto id = rest.substr(0, rest.find('/'));
    if (ask.is("GET", "/status"))
      return status_of(ask, id);
    if (ask.is("PUT", "/cancel"))
      return cancelled(ask, id);
    if (ask.incoming.method == "GET")
      return result_plan(ask, id);
    return std::nullopt;
  }
  if (ask.incoming.method != "POST")
    return std::nullopt;
  auto model = std::string_view(ask.incoming.path).substr(1);
  // Below the vendor's prefix, or without it.
  constexpr std::string_view prefix = "fal-ai/";
  if (const auto rest = model.substr(std::min(prefix.size(), model.size())); rest.starts_with(prefix))
    model = rest;
  if (queued)
    return submitted(ask, model);
  auto& j = ask.begin("fal-ai", model, made_by(ask, model, false));
  j.length = job_length();
  if (j.has(fault_kind::job_fails)) {
    json::object problem;
    problem["detail"] = job_failure_words;
    return json_plan(422, problem);
  }
  return json_plan(200, result_of(ask, j));
}

} // namespace weir::inline v0::sim
