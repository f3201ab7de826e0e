// Gemini's batches: operations, with requests inline or in a file.
#include "sim/batches/batch_ask.hpp"
#include "sim/batches/batch_results.hpp"
#include "sim/dialects/dialects.hpp"
#include "sim/protocol.hpp"
#include "sim/routes.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view create_verb = ":batchGenerateContent";
constexpr std::string_view resource = "/batches";
constexpr std::string_view type_prefix = "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch";
constexpr std::uint64_t most_inline_bytes = 20u << 20;
constexpr std::uint64_t most_file_bytes = std::uint64_t(2) << 30;
constexpr std::uint64_t most_lines = 1'000'000;

plan refused(int status, std::string_view message) {
  return reworded(openai_error(status, message, "invalid_request_error"), wording_of_errors::gemini);
}

/// A member in either spelling.
const json::value* either(const json::value& v, std::string_view snake, std::string_view camel) {
  const auto* out = codec::find(v, snake);
  return out ? out : codec::find(v, camel);
}

std::string_view state_of(batch_phase p) {
  switch (p) {
  case batch_phase::validating: return "BATCH_STATE_PENDING";
  case batch_phase::failed: return "BATCH_STATE_FAILED";
  case batch_phase::completed: return "BATCH_STATE_SUCCEEDED";
  case batch_phase::expired: return "BATCH_STATE_EXPIRED";
  case batch_phase::cancelled: return "BATCH_STATE_CANCELLED";
  default: return "BATCH_STATE_RUNNING";
  }
}

/// The counts say nothing of the progress: everything is pending until the end.
json::object stats_of(const batch& b, bool done) {
  const auto all = b.content.lines.size();
  json::object out;
  out["requestCount"] = std::to_string(all);
  if (!done || b.hides_counts()) {
    out["pendingRequestCount"] = std::to_string(all);
    return out;
  }
  if (b.succeeded != 0)
    out["successfulRequestCount"] = std::to_string(b.succeeded);
  if (b.failed != 0)
    out["failedRequestCount"] = std::to_string(b.failed);
  return out;
}

/// The text of the output's object; empty if there is none. Only a batch that succeeded has one.
std::string output_of(const batch& b, batch_phase p) {
  if (p != batch_phase::completed)
    return {};
  if (b.place == result_place::one_file)
    return codec::to_text(json::object{{"responsesFile", b.output_file}});
  return "{\"inlinedResponses\":{\"inlinedResponses\":" + array_of(*b.results) + "}}";
}

std::string operation_of(const batch& b, wall_time now) {
  const auto p = b.phase(now);
  const bool done = is_terminal(p);
  json::object metadata;
  metadata["@type"] = type_prefix;
  metadata["model"] = b.model;
  metadata["displayName"] = b.extra.at("displayName");
  metadata["createTime"] = rfc3339(b.created);
  metadata["updateTime"] = rfc3339(done ? b.ends_at() : now);
  if (done)
    metadata["endTime"] = rfc3339(b.ends_at());
  metadata["batchStats"] = stats_of(b, done);
  metadata["state"] = state_of(p);
  metadata["name"] = b.id;
  const auto output = output_of(b, p);
  json::object out;
  out["name"] = b.id;
  if (done)
    out["done"] = true;
  if (p == batch_phase::failed)
    out["error"] = json::object{{"code", 3}, {"message", b.content.problems.front().message}};
  auto text =
      with_member(out, "metadata", output.empty() ? codec::to_text(metadata) : with_member(metadata, "output", output));
  if (output.empty())
    return text;
  text.pop_back();
  return text + ",\"response\":{\"@type\":\"" + std::string(type_prefix) + "Output\"," + output.substr(1) + "}";
}

plan operation(const batch& b, wall_time now) {
  plan out;
  out.headers.emplace_back("content-type", "application/json");
  out.body = operation_of(b, now);
  return out;
}

plan create(const batch_ask& ask) {
  const auto* about = codec::find(ask.body(), "batch");
  const auto* config = about ? either(*about, "input_config", "inputConfig") : nullptr;
  if (!config)
    return refused(400, "batch.input_config is required.");
  batch b;
  b.vendor = batch_vendor::gemini;
  const auto model = model_of(ask.path());
  b.model = "models/" + model;
  b.endpoint = "/v1beta/models/" + model + ":generateContent";
  b.form.id_key = "key";
  b.form.body_key = "request";
  b.form.most_lines = most_lines;
  const auto* name = either(*about, "display_name", "displayName");
  b.extra["displayName"] = name && name->is_string() ? *name : json::value("");
  const auto* file_name = either(*config, "file_name", "fileName");
  const auto* requests = codec::find(*config, "requests");
  const auto* list = requests ? codec::array_at(*requests, "requests") : nullptr;
  if (file_name && file_name->is_string()) {
    const auto* file = ask.store.files.find(std::string_view(file_name->get_string()));
    if (!file || file->pending)
      return refused(404, "No such file.");
    b.place = result_place::one_file;
    b.input_file = file->id;
    b.input = file->content;
    b.form.most_bytes = most_file_bytes;
  } else if (list && !list->empty()) {
    if (ask.incoming.body.size() > most_inline_bytes)
      return refused(400, "Requests inline may have 20 MB at most: upload a file.");
    b.place = result_place::held;
    b.form.id_optional = true;
    b.form.most_bytes = most_inline_bytes;
    b.input = std::make_shared<const std::string>(lines_of(*list));
  } else {
    return refused(400, "batch.input_config needs file_name, or requests.requests.");
  }
  if (!ask.has_room(b.input->size()))
    return reworded(storage_full(), wording_of_errors::gemini);
  ask.store.read(b, ask.now);
  if (b.refused() && b.place == result_place::held)
    return refused(b.out_of_tokens() ? 429 : 400, b.content.problems.front().message);
  return operation(ask.begin(std::move(b), "batches/sim"), ask.now);
}

plan list(const batch_ask& ask) {
  const auto shown = page_of(ask.list(batch_vendor::gemini), query_of(ask.incoming, "pageToken").value_or(""),
                             ask.limit("pageSize", 10, 100));
  std::string all;
  for (const auto* b : shown.items)
    all.append(operation_of(*b, ask.now)).append("\n");
  json::object rest;
  if (shown.more)
    rest["nextPageToken"] = shown.items.back()->id;
  plan out;
  out.headers.emplace_back("content-type", "application/json");
  out.body = with_member(rest, "operations", array_of(all));
  return out;
}

} // namespace

std::optional<plan> answer_gemini_batches(const batch_ask& ask) {
  if (ask.is("POST") && ask.path().ends_with(create_verb))
    return create(ask);
  const auto rest =
      ask.below_gemini(resource, [](batch_store& store, std::string id) { return store.find(id) != nullptr; });
  if (!rest)
    return std::nullopt;
  if (rest->empty())
    return ask.is("GET") ? list(ask) : refused(405, "Not allowed.");
  const auto [short_id, verb] = id_and_verb(*rest);
  const auto id = "batches/" + std::string(short_id);
  auto* b = ask.find(id);
  if (!b)
    return reworded(no_such_batch(ask, id), wording_of_errors::gemini);
  if (ask.is("GET") && verb.empty())
    return operation(*b, ask.now);
  if (ask.is("POST") && verb == ":cancel") {
    if (b->ended(ask.now))
      return refused(400, "The batch has ended: it cannot be cancelled.");
    ask.cancel(*b);
    return json_plan(200, json::object());
  }
  if (!ask.is("DELETE") || !verb.empty())
    return refused(405, "Not allowed.");
  ask.store.erase(id);
  return json_plan(200, json::object());
}

} // namespace weir::inline v0::sim
