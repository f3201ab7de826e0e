// Batch jobs as Mistral has them: files or requests inline, outputs in a file or in the job.
#include <algorithm>
#include <map>

#include "sim/batches/batch_ask.hpp"
#include "sim/batches/batch_results.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view resource = "/batch/jobs";
constexpr std::uint64_t most_lines = 100'000;
constexpr std::uint64_t most_bytes = 512u << 20;

plan refused(int status, std::string_view message) {
  json::object out;
  out["object"] = "error";
  out["message"] = message;
  out["type"] = status == 404 ? "not_found_error" : "invalid_request_error";
  out["param"] = nullptr;
  out["code"] = nullptr;
  return json_plan(status, std::move(out));
}

std::string_view status_of(batch_phase p) {
  switch (p) {
  case batch_phase::validating: return "QUEUED";
  case batch_phase::failed: return "FAILED";
  case batch_phase::completed: return "SUCCESS";
  case batch_phase::expired: return "TIMEOUT_EXCEEDED";
  case batch_phase::cancelling: return "CANCELLATION_REQUESTED";
  case batch_phase::cancelled: return "CANCELLED";
  default: return "RUNNING";
  }
}

/// What went wrong, each message once.
json::array errors_of(const batch& b, batch_phase p) {
  std::map<std::string, std::uint64_t> counts;
  if (p == batch_phase::failed)
    for (const auto& each : b.content.problems)
      ++counts[each.message];
  if (is_terminal(p) && b.failed != 0)
    counts["Some requests failed."] = b.failed;
  json::array out;
  for (const auto& [message, count] : counts)
    out.push_back(json::object{{"message", message}, {"count", count}});
  return out;
}

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

std::string object_of(const batch& b, wall_time now, bool with_outputs) {
  const auto p = b.phase(now);
  const bool hidden = b.hides_counts();
  json::object out;
  out["id"] = b.id;
  out["object"] = "batch";
  out["input_files"] = b.extra.at("input_files");
  out["metadata"] = b.metadata;
  out["endpoint"] = b.endpoint;
  out["model"] = text_or_null(b.model);
  out["agent_id"] = nullptr;
  out["output_file"] = text_or_null(b.output_file);
  out["error_file"] = text_or_null(b.error_file);
  out["errors"] = errors_of(b, p);
  out["status"] = status_of(p);
  out["created_at"] = unix_seconds(b.created);
  out["started_at"] = b.refused() ? json::value(nullptr) : seconds_once(b.runs_at(), now);
  out["completed_at"] = is_terminal(p) ? json::value(unix_seconds(b.ends_at())) : json::value(nullptr);
  out["total_requests"] = hidden ? 0 : b.content.lines.size();
  out["completed_requests"] = hidden ? 0 : b.answered;
  out["succeeded_requests"] = hidden ? 0 : b.succeeded;
  out["failed_requests"] = hidden ? 0 : b.failed;
  return with_member(out, "outputs", with_outputs && b.results ? array_of(*b.results) : "null");
}

plan job(const batch& b, wall_time now, bool with_outputs = false) {
  plan out;
  out.headers.emplace_back("content-type", "application/json");
  out.body = object_of(b, now, with_outputs);
  return out;
}

/// The input of a job of files: one after the other. Empty if one of them does not exist.
shared_text joined(const batch_ask& ask, const json::array& ids) {
  std::string all;
  for (const auto& id : ids) {
    const auto* file = id.is_string() ? ask.store.files.find(std::string_view(id.get_string())) : nullptr;
    if (!file)
      return nullptr;
    if (ids.size() == 1)
      return file->content;
    all.append(*file->content);
    if (!all.empty() && all.back() != '\n')
      all += '\n';
  }
  return std::make_shared<const std::string>(std::move(all));
}

plan create(const batch_ask& ask) {
  const auto& body = ask.body();
  const auto endpoint = codec::string_at(body, "endpoint").value_or("");
  if (!endpoint.starts_with("/v1/"))
    return refused(422, "endpoint: Field required");
  const auto* files = codec::array_at(body, "input_files");
  const auto* requests = codec::array_at(body, "requests");
  if ((files && !files->empty()) == (requests && !requests->empty()))
    return refused(422, "Either input_files or requests is required.");
  batch b;
  b.vendor = batch_vendor::mistral;
  b.endpoint = endpoint;
  b.form.most_lines = most_lines;
  b.form.most_bytes = most_bytes;
  b.extra["input_files"] = files ? *files : json::array();
  if (const auto model = codec::string_at(body, "model"))
    b.defaults["model"] = b.model = std::string(*model);
  if (const auto* metadata = codec::find(body, "metadata"))
    b.metadata = *metadata;
  if (files && !files->empty()) {
    b.input = joined(ask, *files);
    if (!b.input)
      return refused(404, "An input file does not exist.");
  } else {
    b.place = result_place::held;
    b.form.id_optional = true;
    b.input = std::make_shared<const std::string>(lines_of(*requests));
  }
  if (!ask.has_room(b.input->size()))
    return storage_full();
  return job(ask.begin(std::move(b), "mistral-sim"), ask.now);
}

plan list(const batch_ask& ask) {
  const auto size = ask.limit("page_size", 100, 1000);
  const auto skipped =
      size * std::min<std::uint64_t>(number_of(query_of(ask.incoming, "page").value_or("")).value_or(0), 1000);
  const auto status = query_of(ask.incoming, "status");
  std::string shown;
  std::uint64_t total = 0;
  for (const auto* b : ask.list(batch_vendor::mistral)) {
    if (status && status_of(b->phase(ask.now)) != *status)
      continue;
    if (total >= skipped && total < skipped + size)
      shown.append(object_of(*b, ask.now, false)).append("\n");
    ++total;
  }
  plan out;
  out.headers.emplace_back("content-type", "application/json");
  out.body = with_member(json::object{{"object", "list"}, {"total", total}}, "data", array_of(shown));
  return out;
}

} // namespace

std::optional<plan> answer_mistral_batches(const batch_ask& ask) {
  const auto rest = ask.below(resource);
  if (!rest)
    return std::nullopt;
  if (rest->empty())
    return ask.is("POST") ? create(ask) : ask.is("GET") ? list(ask) : refused(405, "Method Not Allowed");
  const auto [id, verb] = id_and_verb(*rest);
  auto* b = ask.find(id);
  if (!b) {
    const auto missing = no_such_batch(ask, id);
    return missing.status == 404 ? refused(404, "No such batch job.") : no_such_batch(ask, id);
  }
  if (ask.is("GET") && verb.empty())
    return job(*b, ask.now, query_of(ask.incoming, "inline") == "true");
  if (ask.is("POST") && verb == "/cancel") {
    if (b->ended(ask.now))
      return refused(400, "The job has ended: it cannot be cancelled.");
    ask.cancel(*b);
    return job(*b, ask.now);
  }
  if (!ask.is("DELETE") || !verb.empty())
    return refused(405, "Method Not Allowed");
  if (!b->ended(ask.now))
    return refused(400, "The job has not ended: cancel it before it is deleted.");
  ask.store.erase(id);
  return json_plan(200, json::object{{"id", id}, {"object", "batch"}, {"deleted", true}});
}

} // namespace weir::inline v0::sim
