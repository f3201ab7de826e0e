// Batches as OpenAI has them; Novita's states are in upper case.
#include <algorithm>
#include <array>

#include "sim/batches/batch_ask.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::array<std::string_view, 8> endpoints = {
    "/v1/chat/completions", "/v1/completions",        "/v1/embeddings",   "/v1/responses",
    "/v1/moderations",      "/v1/images/generations", "/v1/images/edits", "/v1/videos"};

std::string status_of(const batch& b, wall_time now) {
  const auto p = b.phase(now);
  std::string out(name_of(p));
  if (b.vendor != batch_vendor::novita)
    return out;
  if (p == batch_phase::running || p == batch_phase::finalizing)
    return "PROGRESS";
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

json::value errors_of(const batch& b, batch_phase p) {
  if (p != batch_phase::failed)
    return nullptr;
  json::array data;
  for (const auto& each : b.content.problems) {
    json::object one;
    one["code"] = each.code;
    one["line"] = each.line ? json::value(*each.line) : json::value(nullptr);
    one["message"] = each.message;
    one["param"] = each.param.empty() ? json::value(nullptr) : json::value(each.param);
    data.push_back(std::move(one));
  }
  return json::object{{"object", "list"}, {"data", std::move(data)}};
}

json::object usage_of(const batch_usage& u) {
  return json::object{{"input_tokens", u.input},
                      {"input_tokens_details", json::object{{"cached_tokens", u.cached}}},
                      {"output_tokens", u.output},
                      {"output_tokens_details", json::object{{"reasoning_tokens", u.reasoning}}},
                      {"total_tokens", u.input + u.output}};
}

json::value id_or_null(const std::string& id) { return id.empty() ? json::value(nullptr) : json::value(id); }

json::object object_of(const batch& b, wall_time now) {
  const auto p = b.phase(now);
  const auto when = [&](wall_time t, bool is_so) { return is_so ? seconds_once(t, now) : json::value(nullptr); };
  const bool lived = !b.refused() && (!b.cancel_asked || *b.cancel_asked >= b.runs_at());
  json::object out;
  out["id"] = b.id;
  out["object"] = "batch";
  out["endpoint"] = b.endpoint;
  out["model"] = id_or_null(b.model);
  out["errors"] = errors_of(b, p);
  out["input_file_id"] = b.input_file;
  out["completion_window"] = b.extra.at("completion_window");
  out["status"] = status_of(b, now);
  out["output_file_id"] = id_or_null(b.output_file);
  out["error_file_id"] = id_or_null(b.error_file);
  out["created_at"] = unix_seconds(b.created);
  out["in_progress_at"] = when(b.runs_at(), lived);
  out["expires_at"] = unix_seconds(b.created + std::chrono::hours(24));
  out["finalizing_at"] = when(b.finalizes_at(), lived && !b.cancel_asked);
  out["completed_at"] = when(b.ends_at(), p == batch_phase::completed);
  out["failed_at"] = when(b.ends_at(), p == batch_phase::failed);
  out["expired_at"] = when(b.ends_at(), p == batch_phase::expired);
  out["cancelling_at"] = b.cancel_asked ? json::value(unix_seconds(*b.cancel_asked)) : json::value(nullptr);
  out["cancelled_at"] = when(b.ends_at(), p == batch_phase::cancelled);
  const bool counted = lived && now >= b.runs_at() && !b.hides_counts();
  out["request_counts"] = json::object{{"total", counted ? b.content.lines.size() : 0},
                                       {"completed", counted ? b.succeeded : 0},
                                       {"failed", counted ? b.failed : 0}};
  if (is_terminal(p) && p != batch_phase::failed)
    out["usage"] = usage_of(b.usage);
  out["metadata"] = b.metadata;
  return out;
}

plan invalid(std::string_view message, std::string_view code = {}) {
  return openai_error(400, message, "invalid_request_error", code);
}

/// What is wrong with the metadata; empty if nothing.
std::string complaint_about_metadata(const json::value& body) {
  constexpr std::size_t most_pairs = 16, longest_key = 64, longest_value = 512;
  const auto* all = codec::object_at(body, "metadata");
  if (!all)
    return codec::find(body, "metadata") ? "metadata must be an object." : "";
  if (all->size() > most_pairs)
    return "metadata takes at most 16 pairs.";
  for (const auto& [key, value] : *all)
    if (key.size() > longest_key || !value.is_string() || value.get_string().size() > longest_value)
      return "metadata takes keys of up to 64 characters and strings of up to 512.";
  return {};
}

/// `24h` to `7d`.
bool is_window(std::string_view text) {
  const auto number = number_of(text.substr(0, text.empty() ? 0 : text.size() - 1));
  return number && ((text.back() == 'h' && *number >= 24 && *number <= 168) ||
                    (text.back() == 'd' && *number >= 1 && *number <= 7));
}

plan create(const batch_ask& ask, batch_vendor v) {
  const auto& body = ask.body();
  const auto endpoint = codec::string_at(body, "endpoint").value_or("");
  const auto file_id = codec::string_at(body, "input_file_id").value_or("");
  const auto window = codec::string_at(body, "completion_window");
  if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end())
    return invalid("Invalid value for endpoint: '" + std::string(endpoint) + "'.", "invalid_value");
  if (!is_window(window.value_or(v == batch_vendor::novita ? "48h" : "")))
    return invalid("completion_window must be a time such as 24h.", "invalid_value");
  if (const auto wrong = complaint_about_metadata(body); !wrong.empty())
    return invalid(wrong, "invalid_value");
  const auto* file = ask.store.files.find(file_id);
  if (!file)
    return invalid("The file '" + std::string(file_id) + "' does not exist.", "invalid_file");
  if (file->purpose != "batch")
    return invalid("The file's purpose is '" + file->purpose + "', not 'batch'.", "invalid_file");
  if (!ask.has_room(file->content->size()))
    return storage_full();
  batch b;
  b.vendor = v;
  b.endpoint = endpoint;
  b.form.names_url = v == batch_vendor::openai;
  b.form.one_model = true;
  b.input_file = file_id;
  b.input = file->content;
  b.extra["completion_window"] = window.value_or("48h");
  if (const auto* metadata = codec::find(body, "metadata"))
    b.metadata = *metadata;
  return json_plan(200, object_of(ask.begin(std::move(b), "batch_sim"), ask.now));
}

plan list(const batch_ask& ask, batch_vendor v) {
  const auto shown = page_of(ask.list(v), query_of(ask.incoming, "after").value_or(""), ask.limit("limit", 20, 100));
  json::array data;
  for (const auto* b : shown.items)
    data.push_back(object_of(*b, ask.now));
  json::object out;
  out["object"] = "list";
  out["first_id"] = shown.items.empty() ? json::value(nullptr) : json::value(shown.items.front()->id);
  out["last_id"] = shown.items.empty() ? json::value(nullptr) : json::value(shown.items.back()->id);
  out["has_more"] = shown.more;
  out["data"] = std::move(data);
  return json_plan(200, std::move(out));
}

} // namespace

plan answer_openai_batches(const batch_ask& ask, std::string_view rest, batch_vendor v) {
  if (rest.empty() && ask.is("POST"))
    return create(ask, v);
  if (rest.empty() && ask.is("GET"))
    return list(ask, v);
  const auto [id, verb] = id_and_verb(rest);
  auto* b = ask.find(id);
  if (!b)
    return no_such_batch(ask, id);
  if (ask.is("GET") && verb.empty())
    return json_plan(200, object_of(*b, ask.now));
  if (!ask.is("POST") || verb != "/cancel")
    return openai_error(405, "Not allowed.", "invalid_request_error", "method_not_allowed");
  if (b->ended(ask.now))
    return openai_error(409, "Cannot cancel a batch with status '" + status_of(*b, ask.now) + "'.",
                        "invalid_request_error");
  ask.cancel(*b);
  return json_plan(200, object_of(*b, ask.now));
}

} // namespace weir::inline v0::sim
