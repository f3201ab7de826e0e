// Batches as Together has them: a job inside an answer, states in upper case, a list that is a bare array.
#include "sim/batches/batch_ask.hpp"
#include "sim/dialects/dialects.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint64_t most_bytes = 100u << 20;
constexpr std::size_t longest_id = 64;

std::string_view status_of(batch_phase p) {
  switch (p) {
  case batch_phase::validating: return "VALIDATING";
  case batch_phase::failed: return "FAILED";
  case batch_phase::completed: return "COMPLETED";
  case batch_phase::expired: return "EXPIRED";
  case batch_phase::cancelled: return "CANCELLED";
  default: return "IN_PROGRESS";
  }
}

json::object object_of(const batch& b, wall_time now) {
  const auto p = b.phase(now);
  const auto all = b.content.lines.size();
  json::object out;
  out["id"] = b.id;
  out["user_id"] = "user-sim";
  out["input_file_id"] = b.input_file;
  out["file_size_bytes"] = b.extra.at("bytes");
  out["status"] = status_of(p);
  out["job_deadline"] = rfc3339(b.created + std::chrono::hours(24));
  out["created_at"] = rfc3339(b.created);
  out["endpoint"] = b.endpoint;
  out["progress"] =
      b.hides_counts() || all == 0 ? 0.0 : 100.0 * static_cast<double>(b.answered) / static_cast<double>(all);
  out["model_id"] = b.model;
  if (!b.output_file.empty())
    out["output_file_id"] = b.output_file;
  if (!b.error_file.empty())
    out["error_file_id"] = b.error_file;
  if (p == batch_phase::failed)
    out["error"] = b.content.problems.front().message;
  if (is_terminal(p))
    out["completed_at"] = rfc3339(b.ends_at());
  return out;
}

plan in_job(int status, const batch& b, wall_time now) {
  return json_plan(status, json::object{{"job", object_of(b, now)}, {"warning", ""}});
}

plan refused(int status, std::string_view message) {
  return reworded(openai_error(status, message, "invalid_request_error"), wording_of_errors::ollama);
}

plan create(const batch_ask& ask) {
  const auto& body = ask.body();
  const auto endpoint = codec::string_at(body, "endpoint").value_or("");
  const auto file_id = codec::string_at(body, "input_file_id").value_or("");
  if (endpoint != "/v1/chat/completions" && endpoint != "/v1/completions" && !endpoint.starts_with("/v1/audio/"))
    return refused(400, "endpoint must be /v1/chat/completions or one of /v1/audio.");
  const auto* file = ask.store.files.find(file_id);
  if (!file || file->pending)
    return refused(400, "The file '" + std::string(file_id) + "' does not exist.");
  if (!ask.has_room(file->content->size()))
    return reworded(storage_full(), wording_of_errors::ollama);
  batch b;
  b.vendor = batch_vendor::together;
  b.endpoint = endpoint;
  b.form.most_bytes = most_bytes;
  b.form.longest_id = longest_id;
  b.input_file = file_id;
  b.input = file->content;
  b.extra["bytes"] = file->content->size();
  if (const auto model = codec::string_at(body, "model_id"))
    b.defaults["model"] = b.model = std::string(*model);
  return in_job(201, ask.begin(std::move(b), "batch-sim"), ask.now);
}

} // namespace

plan answer_together_batches(const batch_ask& ask, std::string_view rest) {
  if (rest.empty() && ask.is("POST"))
    return create(ask);
  if (rest.empty() && ask.is("GET")) {
    json::array all;
    for (const auto* b : ask.list(batch_vendor::together))
      all.push_back(object_of(*b, ask.now));
    return json_plan(200, std::move(all));
  }
  const auto [id, verb] = id_and_verb(rest);
  auto* b = ask.find(id);
  if (!b)
    return reworded(no_such_batch(ask, id), wording_of_errors::ollama);
  if (ask.is("GET") && verb.empty())
    return json_plan(200, object_of(*b, ask.now));
  if (!ask.is("POST") || verb != "/cancel")
    return refused(405, "Not allowed.");
  if (b->ended(ask.now))
    return refused(400, "The batch has ended: it cannot be cancelled.");
  ask.cancel(*b);
  return json_plan(200, object_of(*b, ask.now));
}

} // namespace weir::inline v0::sim
