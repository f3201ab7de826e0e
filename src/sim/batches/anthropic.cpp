// Message batches as Anthropic has them: requests inline, results as JSONL, counts of 0 until the end.
#include <algorithm>

#include "sim/batches/batch_ask.hpp"
#include "sim/dialects/dialects.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view resource = "/v1/messages/batches";
constexpr std::size_t longest_id = 64;
constexpr std::uint64_t most_lines = 100'000;
constexpr std::uint64_t most_bytes = 256u << 20;

plan refused(int status, std::string_view message) {
  return reworded(openai_error(status, message, "invalid_request_error"), wording_of_errors::anthropic);
}

json::object counts_of(const batch& b, bool ended, batch_phase p) {
  const bool hidden = b.hides_counts();
  const auto left = ended ? b.left_over() : 0;
  json::object out;
  out["processing"] = ended || hidden ? 0 : b.content.lines.size();
  out["succeeded"] = ended && !hidden ? b.succeeded : 0;
  out["errored"] = ended && !hidden ? b.failed : 0;
  out["canceled"] = p == batch_phase::cancelled && !hidden ? left : 0;
  out["expired"] = p == batch_phase::expired && !hidden ? left : 0;
  return out;
}

json::object object_of(const batch_ask& ask, const batch& b) {
  const auto p = b.phase(ask.now);
  const bool ended = is_terminal(p);
  const auto base = ask.path().substr(0, ask.path().rfind(resource));
  json::object out;
  out["id"] = b.id;
  out["type"] = "message_batch";
  out["processing_status"] = ended ? "ended" : p == batch_phase::cancelling ? "canceling" : "in_progress";
  out["request_counts"] = counts_of(b, ended, p);
  out["ended_at"] = ended ? json::value(rfc3339(b.ends_at())) : json::value(nullptr);
  out["created_at"] = rfc3339(b.created);
  out["expires_at"] = rfc3339(b.created + std::chrono::hours(24));
  out["archived_at"] = nullptr;
  out["cancel_initiated_at"] = b.cancel_asked ? json::value(rfc3339(*b.cancel_asked)) : json::value(nullptr);
  out["results_url"] =
      ended ? json::value(ask.origin + std::string(base) + std::string(resource) + "/" + b.id + "/results")
            : json::value(nullptr);
  return out;
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_id && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// What is wrong with the requests; empty if nothing. What is wrong with one's parameters is its own result.
std::string complaint_about(const json::array& requests) {
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto at = "requests." + std::to_string(i) + ".";
    if (!is_id(codec::string_at(requests[i], "custom_id").value_or("")))
      return at + "custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'";
    if (!codec::object_at(requests[i], "params"))
      return at + "params: Field required";
  }
  return {};
}

plan create(const batch_ask& ask) {
  const auto* requests = codec::array_at(ask.body(), "requests");
  if (!requests || requests->empty())
    return refused(400, "requests: List should have at least 1 item after validation, not 0");
  if (const auto wrong = complaint_about(*requests); !wrong.empty())
    return refused(400, wrong);
  if (!ask.has_room(ask.incoming.body.size()))
    return reworded(storage_full(), wording_of_errors::anthropic);
  batch b;
  b.vendor = batch_vendor::anthropic;
  b.endpoint = "/v1/messages";
  b.form.body_key = "params";
  b.form.most_lines = most_lines;
  b.form.most_bytes = most_bytes;
  b.place = result_place::held;
  b.input = std::make_shared<const std::string>(lines_of(*requests));
  ask.store.read(b, ask.now);
  if (b.refused())
    return refused(b.out_of_tokens() ? 429 : 400, "requests: " + b.content.problems.front().message);
  return json_plan(200, object_of(ask, ask.begin(std::move(b), "msgbatch_sim")));
}

plan list(const batch_ask& ask) {
  auto all = ask.list(batch_vendor::anthropic);
  const auto before = query_of(ask.incoming, "before_id");
  if (before)
    std::reverse(all.begin(), all.end());
  auto shown =
      page_of(all, before ? *before : query_of(ask.incoming, "after_id").value_or(""), ask.limit("limit", 20, 1000));
  if (before)
    std::reverse(shown.items.begin(), shown.items.end());
  json::array data;
  for (const auto* b : shown.items)
    data.push_back(object_of(ask, *b));
  json::object out;
  out["has_more"] = shown.more;
  out["first_id"] = shown.items.empty() ? json::value(nullptr) : json::value(shown.items.front()->id);
  out["last_id"] = shown.items.empty() ? json::value(nullptr) : json::value(shown.items.back()->id);
  out["data"] = std::move(data);
  return json_plan(200, std::move(out));
}

plan about(const batch_ask& ask, batch& b, std::string_view verb) {
  const bool ended = b.ended(ask.now);
  if (ask.is("GET") && verb.empty())
    return json_plan(200, object_of(ask, b));
  if (ask.is("GET") && verb == "/results")
    return ended ? content_plan(b.results, "application/x-jsonl")
                 : refused(404, "The batch has not ended: its results are not available yet.");
  if (ask.is("POST") && verb == "/cancel") {
    if (ended)
      return refused(400, "The batch has ended: it cannot be canceled.");
    ask.cancel(b);
    return json_plan(200, object_of(ask, b));
  }
  if (!ask.is("DELETE") || !verb.empty())
    return refused(405, "Method Not Allowed");
  if (!ended)
    return refused(400, "The batch has not ended: cancel it before it is deleted.");
  json::object out{{"id", b.id}, {"type", "message_batch_deleted"}};
  ask.store.erase(b.id);
  return json_plan(200, std::move(out));
}

} // namespace

std::optional<plan> answer_anthropic_batches(const batch_ask& ask) {
  const auto rest = ask.after(resource);
  if (!rest)
    return std::nullopt;
  if (rest->empty())
    return ask.is("POST") ? create(ask) : ask.is("GET") ? list(ask) : refused(405, "Method Not Allowed");
  const auto [id, verb] = id_and_verb(*rest);
  if (auto* b = ask.find(id))
    return about(ask, *b, verb);
  return reworded(no_such_batch(ask, id), wording_of_errors::anthropic);
}

} // namespace weir::inline v0::sim
