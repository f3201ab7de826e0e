// WaveSpeed, Novita, Together and Z.ai.
#include "sim/protocol.hpp"
#include "sim/tasks/jobs.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object url_object(std::string_view key, std::string url) {
  json::object o;
  o[key] = std::move(url);
  return o;
}

plan wave(const job_ask& ask, const job& j, job_state state) {
  json::object data;
  data["id"] = j.id;
  data["status"] = state == job_state::queued    ? "created"
                   : state == job_state::running ? "processing"
                   : state == job_state::done    ? "completed"
                                                 : "failed";
  data["error"] = state == job_state::failed ? job_failure_words : "";
  json::array outputs;
  if (state == job_state::done)
    outputs.emplace_back(ask.file_url(j));
  data["outputs"] = std::move(outputs);
  data["urls"] = url_object("get", "https://api.wavespeed.ai/api/v3/predictions/" + j.id + "/result");
  json::object out;
  out["code"] = 200;
  out["message"] = "success";
  out["data"] = std::move(data);
  return json_plan(200, out);
}

plan novita_state(const job_ask& ask, std::string_view id) {
  auto seen = look_up(ask, id);
  if (seen.refused)
    return std::move(*seen.refused);
  json::object task;
  task["task_id"] = seen.it->id;
  json::array videos;
  switch (seen.state) {
  case job_state::queued: task["status"] = "TASK_STATUS_QUEUED"; break;
  case job_state::running:
    task["status"] = "TASK_STATUS_PROCESSING";
    task["progress_percent"] = 50;
    break;
  case job_state::done:
    task["status"] = "TASK_STATUS_SUCCEED";
    videos.push_back(url_object("video_url", ask.file_url(*seen.it)));
    break;
  case job_state::failed:
  case job_state::cancelled:
    task["status"] = "TASK_STATUS_FAILED";
    task["reason"] = job_failure_words;
    break;
  }
  json::object out;
  out["task"] = std::move(task);
  out["videos"] = std::move(videos);
  return json_plan(200, out);
}

plan together_video(const job_ask& ask, const job& j, job_state state) {
  json::object out;
  out["id"] = j.id;
  out["model"] = j.model;
  switch (state) {
  case job_state::queued: out["status"] = "queued"; break;
  case job_state::running: out["status"] = "in_progress"; break;
  case job_state::done:
    out["status"] = "completed";
    out["outputs"] = url_object("video_url", ask.file_url(j));
    break;
  case job_state::failed:
  case job_state::cancelled:
    out["status"] = "failed";
    out["error"] = url_object("message", std::string(job_failure_words));
    break;
  }
  return json_plan(200, out);
}

plan zai_image(const job_ask& ask, const job& j, job_state state) {
  json::object out;
  out["id"] = j.id;
  out["request_id"] = "sim-" + j.id;
  out["model"] = j.model;
  if (state == job_state::done) {
    out["task_status"] = "SUCCESS";
    json::array images;
    images.push_back(url_object("url", ask.file_url(j)));
    out["image_result"] = std::move(images);
  } else if (state == job_state::failed) {
    out["task_status"] = "FAIL";
    out["error"] = url_object("message", std::string(job_failure_words));
  } else {
    out["task_status"] = "PROCESSING";
  }
  return json_plan(200, out);
}

std::string_view model_in(const job_ask& ask) { return codec::string_at(ask.body(), "model").value_or(""); }

} // namespace

std::optional<plan> answer_wavespeed(const job_ask& ask) {
  const auto rest = ask.after("/api/v3/");
  if (rest.empty())
    return std::nullopt;
  constexpr std::string_view mark = "predictions/";
  if (ask.incoming.method == "POST" && !rest.starts_with(mark)) {
    const auto& j = ask.begin("wavespeed", rest, product_of(rest, product::image));
    return wave(ask, j, job_state::queued);
  }
  if (!rest.starts_with(mark))
    return std::nullopt;
  auto id = rest.substr(mark.size());
  id = id.substr(0, id.find('/'));
  const bool deletes = ask.incoming.method == "DELETE";
  auto seen = deletes ? peek(ask, id) : look_up(ask, id);
  if (seen.refused)
    return std::move(*seen.refused);
  if (deletes)
    seen.it->cancelled = true;
  if (!deletes && seen.state == job_state::cancelled)
    return openai_error(404, "No such job.", "not_found");
  return wave(ask, *seen.it, seen.state);
}

std::optional<plan> answer_videos(const job_ask& ask) {
  if (ask.is("GET", "/v3/async/task-result")) {
    constexpr std::string_view key = "task_id=";
    const auto at = ask.incoming.query.find(key);
    return novita_state(ask, at == std::string::npos ? std::string_view()
                                                     : std::string_view(ask.incoming.query).substr(at + key.size()));
  }
  for (const std::string_view route : {"/v3/hf/", "/v3/async/"}) {
    const auto model = ask.after(route);
    if (model.empty() || ask.incoming.method != "POST")
      continue;
    const auto& j = ask.begin("novita", model, product::video);
    if (route == "/v3/hf/" && j.length.none() && !j.has(fault_kind::job_fails))
      return json_plan(200, json::object{{"video", url_object("video_url", ask.file_url(j))}});
    return json_plan(200, url_object("task_id", j.id));
  }
  if (ask.is("POST", "/v2/videos")) {
    const auto& j = ask.begin("together", model_in(ask), product::video);
    return together_video(ask, j, j.length.none() ? j.state(ask.now) : job_state::queued);
  }
  const auto id = ask.after("/v2/videos/");
  if (id.empty() || ask.incoming.method != "GET")
    return std::nullopt;
  auto seen = look_up(ask, id);
  if (seen.refused)
    return std::move(*seen.refused);
  return together_video(ask, *seen.it, seen.state);
}

std::optional<plan> answer_zai(const job_ask& ask) {
  if (ask.is("POST", "/async/images/generations")) {
    const auto& j = ask.begin("zai-org", model_in(ask), product::image);
    return zai_image(ask, j, j.length.none() ? j.state(ask.now) : job_state::queued);
  }
  if (ask.is("POST", "/layout_parsing")) {
    if (!codec::string_at(ask.body(), "file"))
      return openai_error(400, "file is required", "invalid_request_error");
    return json_plan(200, url_object("md_results", "# A simulated page\n"));
  }
  const auto id = ask.after("/async-result/");
  if (id.empty() || ask.incoming.method != "GET")
    return std::nullopt;
  auto seen = look_up(ask, id);
  if (seen.refused)
    return std::move(*seen.refused);
  return zai_image(ask, *seen.it, seen.state);
}

} // namespace weir::inline v0::sim
