// Batches as OpenRouter has them: requests inline, results in the object once it has ended; no cancellation.
#include "sim/batches/batch_ask.hpp"
#include "sim/batches/batch_results.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint64_t most_lines = 5'000;

plan refused(int status, std::string_view message) {
  return json_plan(status, json::object{{"error", json::object{{"code", status}, {"message", message}}}});
}

std::string object_of(const batch& b, wall_time now, bool with_results) {
  const auto p = b.phase(now);
  const bool ended = is_terminal(p), hidden = b.hides_counts();
  json::object out;
  out["id"] = b.id;
  out["object"] = "batch";
  out["endpoint"] = b.endpoint;
  out["model"] = b.model;
  out["completion_window"] = "24h";
  out["status"] = name_of(p);
  out["created_at"] = unix_seconds(b.created);
  out["finalized_at"] = ended ? json::value(unix_seconds(b.ends_at())) : json::value(nullptr);
  out["request_counts"] = json::object{{"total", hidden ? 0 : b.content.lines.size()},
                                       {"completed", hidden ? 0 : b.succeeded},
                                       {"failed", hidden ? 0 : b.failed}};
  out["usage"] = ended ? json::value(json::object{{"prompt_tokens", b.usage.input},
                                                  {"completion_tokens", b.usage.output},
                                                  {"total_tokens", b.usage.input + b.usage.output}})
                       : json::value(nullptr);
  out["error"] = p == batch_phase::failed ? json::value(json::object{{"message", b.content.problems.front().message}})
                                          : json::value(nullptr);
  return with_results && ended ? with_member(out, "results", array_of(*b.results)) : codec::to_text(out);
}

plan answer(int status, std::string body) {
  plan out;
  out.status = status;
  out.headers.emplace_back("content-type", "application/json");
  out.body = std::move(body);
  return out;
}

plan create(const batch_ask& ask) {
  const auto& body = ask.body();
  const auto endpoint = codec::string_at(body, "endpoint");
  const auto model = codec::string_at(body, "model");
  const auto* requests = codec::array_at(body, "requests");
  if (!endpoint || !model || !requests || requests->empty())
    return refused(400, "endpoint, model and requests are required.");
  // The body is read as it arrives: what comes first matters.
  const auto& members = body.get_object();
  const auto place = [&members](std::string_view key) { return members.find(key) - members.begin(); };
  if (place("requests") < place("endpoint") || place("requests") < place("model"))
    return refused(400, "endpoint and model must stand before requests.");
  if (!ask.has_room(ask.incoming.body.size()))
    return storage_full();
  batch b;
  b.vendor = batch_vendor::openrouter;
  b.endpoint = *endpoint;
  b.model = std::string(*model);
  b.defaults["model"] = b.model;
  b.place = result_place::held;
  b.form.most_lines = most_lines;
  b.input = std::make_shared<const std::string>(lines_of(*requests));
  return answer(202, object_of(ask.begin(std::move(b), "batch-or-sim"), ask.now, false));
}

plan list(const batch_ask& ask) {
  const auto shown = page_of(ask.list(batch_vendor::openrouter), query_of(ask.incoming, "after").value_or(""),
                             ask.limit("limit", 20, 100));
  std::string all;
  for (const auto* b : shown.items)
    all.append(object_of(*b, ask.now, false)).append("\n");
  json::object rest{{"object", "list"}, {"has_more", shown.more}};
  return answer(200, with_member(rest, "data", array_of(all)));
}

} // namespace

plan answer_openrouter_batches(const batch_ask& ask, std::string_view rest) {
  if (rest.empty())
    return ask.is("POST") ? create(ask) : ask.is("GET") ? list(ask) : refused(405, "Not allowed.");
  const auto [id, verb] = id_and_verb(rest);
  auto* b = ask.find(id);
  if (!b)
    return no_such_batch(ask, id);
  if (ask.is("GET") && verb.empty())
    return answer(200, object_of(*b, ask.now, true));
  if (!ask.is("DELETE") || !verb.empty())
    return refused(404, "Not found.");
  if (!b->ended(ask.now))
    return refused(409, "The batch has not ended: it cannot be deleted.");
  ask.store.erase(id);
  return json_plan(200, json::object{{"id", id}, {"object", "batch"}, {"deleted", true}});
}

} // namespace weir::inline v0::sim
