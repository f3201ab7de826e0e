// Fireworks' batch inference jobs, from dataset to dataset.
#include <algorithm>
#include <unordered_set>

#include "sim/batches/fireworks.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view accounts = "/accounts/";
constexpr std::string_view kind = "/batchInferenceJobs";
constexpr std::uint64_t most_bytes = 500u << 20;
constexpr std::uint64_t most_lines = 1'000'000;

std::string_view state_of(batch_phase p) {
  switch (p) {
  case batch_phase::validating: return "JOB_STATE_VALIDATING";
  case batch_phase::failed: return "JOB_STATE_FAILED";
  case batch_phase::running: return "JOB_STATE_RUNNING";
  case batch_phase::finalizing: return "JOB_STATE_WRITING_RESULTS";
  case batch_phase::completed: return "JOB_STATE_COMPLETED";
  case batch_phase::expired: return "JOB_STATE_EXPIRED";
  case batch_phase::cancelling: return "JOB_STATE_CANCELLING";
  case batch_phase::cancelled: return "JOB_STATE_CANCELLED";
  }
  return {};
}

json::object progress_of(const batch& b) {
  json::object out;
  if (b.hides_counts())
    return out;
  const auto all = b.content.lines.size();
  out["percent"] = all == 0 ? 0 : b.answered * 100 / all;
  out["totalInputRequests"] = all;
  out["totalProcessedRequests"] = b.answered;
  out["successfullyProcessedRequests"] = b.succeeded;
  out["failedRequests"] = b.failed;
  out["outputRows"] = b.succeeded;
  out["inputTokens"] = b.usage.input;
  out["outputTokens"] = b.usage.output;
  out["cachedInputTokenCount"] = b.usage.cached;
  return out;
}

/// Puts the files that a job has written into its output dataset.
void deliver(const batch_ask& ask, const batch& b) {
  const auto it = ask.store.datasets.find(std::string(b.extra.at("outputDatasetId").as_string()));
  if (!b.written || it == ask.store.datasets.end() || it->second.ready)
    return;
  it->second.ready = true;
  if (!b.output_file.empty())
    it->second.files[std::string(fireworks_output_name)] = b.output_file;
  if (!b.error_file.empty())
    it->second.files[std::string(fireworks_error_name)] = b.error_file;
}

json::object object_of(const batch_ask& ask, const batch& b) {
  deliver(ask, b);
  const auto p = b.phase(ask.now);
  json::object out;
  out["name"] = b.id;
  out["displayName"] = b.extra.at("displayName");
  out["createTime"] = rfc3339(b.created);
  out["createdBy"] = "sim";
  out["state"] = state_of(p);
  out["status"] = p == batch_phase::failed
                      ? json::object{{"code", "INVALID_ARGUMENT"}, {"message", b.content.problems.front().message}}
                      : json::object{{"code", "OK"}, {"message", ""}};
  out["model"] = b.model;
  for (const auto* key : {"inputDatasetId", "outputDatasetId", "inferenceParameters", "continuedFromJobName"})
    out[key] = b.extra.at(key);
  out["updateTime"] = rfc3339(std::min(ask.now, b.ends_at()));
  out["expireTime"] = rfc3339(b.created + std::chrono::hours(24));
  out["precision"] = "PRECISION_UNSPECIFIED";
  out["jobProgress"] = progress_of(b);
  return out;
}

/// The members of a body that the inference parameters set for every line.
json::object body_members(const json::object& parameters) {
  json::object out;
  for (const auto& [theirs, ours] : {std::pair("maxTokens", "max_tokens"), std::pair("temperature", "temperature"),
                                     std::pair("topP", "top_p"), std::pair("topK", "top_k"), std::pair("n", "n")})
    if (const auto* value = parameters.if_contains(theirs); value && !value->is_null())
      out[ours] = *value;
  const auto* extra = parameters.if_contains("extraBody");
  if (!extra || !extra->is_string())
    return out;
  error_code ec;
  const auto more = codec::parse_json(std::string_view(extra->get_string()), ec);
  if (const auto* members = ec ? nullptr : more.if_object())
    for (const auto& [key, value] : *members)
      out[key] = value;
  return out;
}

void add_ids(const batch_ask& ask, const batch& b, std::unordered_set<std::string>& ids) {
  const auto* f = ask.store.files.find(b.output_file);
  for (std::size_t at = 0; f && at < f->content->size();) {
    const auto end = std::min(f->content->find('\n', at), f->content->size());
    const auto id = member_of(std::string_view(*f->content).substr(at, end - at), "custom_id");
    if (id.is_string())
      ids.insert(std::string(id.get_string()));
    at = end + 1;
  }
}

/// The lines of an input without a good result in a job, or in those that it continued.
std::string left_of(const batch_ask& ask, const batch* earlier, const std::string& input) {
  std::unordered_set<std::string> done;
  for (; earlier; earlier = ask.store.find(earlier->extra.at("continuedFromJobName").as_string()))
    add_ids(ask, *earlier, done);
  std::string out;
  for (const auto& l : read_input(input, input_form(), {}).lines)
    if (!done.contains(l.id))
      out.append(input, l.begin, l.size).append("\n");
  return out;
}

plan create(const batch_ask& ask, std::string_view account) {
  const auto& body = ask.body();
  const auto* earlier_name = codec::find(body, "continuedFromJobName");
  auto* earlier =
      earlier_name && earlier_name->is_string()
          ? ask.find(fireworks_name(account, "batchInferenceJobs", std::string_view(earlier_name->get_string())))
          : nullptr;
  if (earlier_name && (!earlier || !earlier->ended(ask.now)))
    return fireworks_error(400, "the job to continue is not there, or has not ended");
  batch b;
  b.vendor = batch_vendor::fireworks;
  b.endpoint = "/inference/v1/chat/completions";
  b.form.most_lines = most_lines;
  b.form.most_bytes = most_bytes;
  const auto input_id = codec::string_at(body, "inputDatasetId");
  const auto input_name = input_id  ? fireworks_name(account, "datasets", *input_id)
                          : earlier ? std::string(earlier->extra.at("inputDatasetId").as_string())
                                    : std::string();
  b.input = dataset_content(ask, input_name);
  if (!b.input)
    return fireworks_error(400, "the input dataset is not there, or not ready");
  if (earlier)
    b.input = std::make_shared<const std::string>(left_of(ask, earlier, *b.input));
  if (!ask.has_room(b.input->size()))
    return fireworks_error(507, "the simulated storage is full");
  if (const auto* parameters = codec::object_at(body, "inferenceParameters")) {
    b.defaults = body_members(*parameters);
    b.extra["inferenceParameters"] = *parameters;
  } else {
    b.extra["inferenceParameters"] = nullptr;
  }
  if (const auto model = codec::string_at(body, "model"))
    b.defaults["model"] = b.model = std::string(*model);
  else if (earlier)
    b.defaults["model"] = b.model = earlier->model;

  const auto number = std::to_string(ask.store.created() + 1);
  const auto id = query_of(ask.incoming, "batchInferenceJobId").value_or("bij-sim" + number);
  b.id = fireworks_name(account, "batchInferenceJobs", id);
  if (ask.store.find(b.id))
    return fireworks_error(409, "the job already exists");
  dataset d;
  d.name = fireworks_name(account, "datasets", codec::string_at(body, "outputDatasetId").value_or("output-" + number));
  d.created = ask.now;
  if (ask.store.datasets.contains(d.name))
    return fireworks_error(409, "the output dataset already exists");
  b.extra["inputDatasetId"] = input_name;
  b.extra["outputDatasetId"] = d.name;
  b.extra["displayName"] = codec::string_at(body, "displayName").value_or("");
  b.extra["continuedFromJobName"] = earlier ? json::value(earlier->id) : json::value("");
  ask.store.datasets[d.name] = std::move(d);
  return json_plan(200, object_of(ask, ask.begin(std::move(b), {})));
}

plan list(const batch_ask& ask) {
  const auto shown = page_of(ask.list(batch_vendor::fireworks), query_of(ask.incoming, "pageToken").value_or(""),
                             ask.limit("pageSize", 50, 200));
  json::array all;
  for (const auto* b : shown.items)
    all.push_back(object_of(ask, *b));
  const auto total = all.size();
  return json_plan(200, json::object{{"batchInferenceJobs", std::move(all)},
                                     {"nextPageToken", shown.more ? shown.items.back()->id : ""},
                                     {"totalSize", total}});
}

} // namespace

void deliver_fireworks_outputs(const batch_ask& ask) {
  for (const auto* b : ask.list(batch_vendor::fireworks))
    deliver(ask, *b);
}

std::optional<plan> answer_fireworks_batches(const batch_ask& ask) {
  const auto rest = ask.after(kind);
  const auto below = ask.after(accounts);
  if (!rest || !below || (!rest->empty() && rest->front() != '/'))
    return std::nullopt;
  const auto account = below->substr(0, below->find('/'));
  if (rest->empty())
    return ask.is("POST") ? create(ask, account) : ask.is("GET") ? list(ask) : fireworks_error(405, "not allowed");
  const auto [id, verb] = id_and_verb(*rest);
  const auto name = fireworks_name(account, "batchInferenceJobs", id);
  auto* b = ask.find(name);
  if (!b) {
    auto missing = no_such_batch(ask, name);
    return missing.status == 404 ? fireworks_error(404, "job not found") : std::move(missing);
  }
  if (verb.empty() && ask.is("GET"))
    return json_plan(200, object_of(ask, *b));
  if (verb == ":cancel" && ask.is("POST") && !b->ended(ask.now)) {
    ask.cancel(*b);
    return json_plan(200, json::object());
  }
  if (!verb.empty() || !ask.is("DELETE"))
    return fireworks_error(400, "not allowed");
  if (!b->ended(ask.now))
    return fireworks_error(400, "the job has not ended: cancel it before it is deleted");
  ask.store.erase(name);
  return json_plan(200, json::object());
}

} // namespace weir::inline v0::sim
