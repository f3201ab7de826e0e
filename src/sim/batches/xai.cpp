// Batches as xAI has them: no state, only counts; results in pages; requests from a file or added later.
#include <algorithm>

#include "sim/batches/batch_ask.hpp"
#include "sim/batches/batch_results.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint64_t most_lines = 1'000'000;
constexpr std::string_view chat_path = "/v1/chat/completions";
constexpr std::string_view chat_key = "chat_get_completion";

plan refused(int status, std::string_view message) {
  return json_plan(status, json::object{{"code", status == 404 ? "Not Found" : "Client specified an invalid argument"},
                                        {"error", message}});
}

json::object object_of(const batch& b, wall_time now) {
  const auto p = b.phase(now);
  const bool ended = is_terminal(p), hidden = b.hides_counts() || p == batch_phase::validating || b.refused();
  const auto all = hidden ? 0 : b.content.lines.size();
  // Until its results can be read, something is pending.
  const auto pending = hidden || ended ? 0 : std::max<std::uint64_t>(b.left_over(), 1);
  json::object state;
  state["num_requests"] = all;
  state["num_pending"] = std::min<std::uint64_t>(pending, all);
  state["num_success"] = hidden ? 0 : b.succeeded;
  state["num_error"] = hidden ? 0 : b.failed;
  state["num_cancelled"] = ended && !hidden ? b.left_over() : 0;
  json::object out;
  out["batch_id"] = b.id;
  out["name"] = b.extra.at("name");
  out["create_time"] = date_only(b.created);
  out["expire_time"] = date_only(b.created + std::chrono::hours(24));
  out["create_api_key_id"] = "sim";
  out["input_file_id"] = b.input_file.empty() ? json::value(nullptr) : json::value(b.input_file);
  // xAI itself cancels what it cannot read, and what expires.
  const bool by_xai = p == batch_phase::failed || p == batch_phase::expired;
  out["cancel_time"] = b.cancel_asked ? json::value(date_only(*b.cancel_asked))
                       : by_xai       ? json::value(date_only(b.ends_at()))
                                      : json::value(nullptr);
  out["cancel_by_xai_message"] =
      p == batch_phase::failed ? json::value("JSONL file validation failed: " + b.content.problems.front().message)
      : by_xai                 ? json::value("The batch expired.")
                               : json::value(nullptr);
  out["state"] = std::move(state);
  return out;
}

plan create(const batch_ask& ask) {
  const auto& body = ask.body();
  const auto name = codec::string_at(body, "name");
  if (!name)
    return refused(400, "name is required.");
  batch b;
  b.vendor = batch_vendor::xai;
  b.endpoint = chat_path;
  b.place = result_place::held;
  b.form.mixes_urls = true;
  b.form.most_lines = most_lines;
  b.extra["name"] = *name;
  b.input = std::make_shared<const std::string>();
  if (const auto file_id = codec::string_at(body, "input_file_id")) {
    const auto* file = ask.store.files.find(*file_id);
    if (!file)
      return refused(404, "The file does not exist.");
    b.form.names_url = true;
    b.input_file = *file_id;
    b.input = file->content;
    if (!ask.has_room(b.input->size()))
      return storage_full();
  } else {
    b.form.may_be_empty = true;
  }
  return json_plan(200, object_of(ask.begin(std::move(b), "batch_xsim"), ask.now));
}

/// `{"batch_requests": [{"batch_request_id", "batch_request": {"chat_get_completion": {…}}}]}`
plan add_requests(const batch_ask& ask, batch& b) {
  const auto* requests = codec::array_at(ask.body(), "batch_requests");
  if (!requests || !b.form.may_be_empty)
    return refused(400, requests ? "The batch's requests are those of its file." : "batch_requests is required.");
  if (!b.content.lines.empty() && b.ended(ask.now))
    return refused(400, "The batch has ended.");
  if (!ask.has_room(ask.incoming.body.size()))
    return storage_full();
  json::array lines;
  for (const auto& each : *requests) {
    const auto* inner = codec::find(each, "batch_request");
    const auto* chat = inner ? codec::find(*inner, chat_key) : nullptr;
    json::object line;
    line["custom_id"] = codec::string_at(each, "batch_request_id").value_or("");
    line["body"] = chat ? *chat : json::value(nullptr);
    lines.push_back(std::move(line));
  }
  ask.store.extend(b, lines_of(lines), ask.now);
  return json_plan(200, json::object());
}

/// A page; its token is where the next one begins.
plan results(const batch_ask& ask, const batch& b) {
  const std::string_view all = b.results ? std::string_view(*b.results) : std::string_view();
  const auto token = query_of(ask.incoming, "pagination_token");
  const auto from = token ? number_of(*token) : std::optional<std::uint64_t>(0);
  if (!from || *from > all.size())
    return refused(400, "The pagination_token is not valid.");
  auto at = static_cast<std::size_t>(*from);
  for (auto left = ask.limit("limit", 100, 1000); left != 0 && at < all.size(); --left)
    at = all.find('\n', at) + 1;
  json::object rest;
  rest["pagination_token"] = at < all.size() ? json::value(std::to_string(at)) : json::value(nullptr);
  plan out;
  out.headers.emplace_back("content-type", "application/json");
  out.body = with_member(rest, "results", array_of(all.substr(*from, at - *from)));
  return out;
}

plan list(const batch_ask& ask) {
  const auto shown = page_of(ask.list(batch_vendor::xai), query_of(ask.incoming, "pagination_token").value_or(""),
                             ask.limit("limit", 100, 100));
  json::array all;
  for (const auto* b : shown.items)
    all.push_back(object_of(*b, ask.now));
  json::object out;
  out["batches"] = std::move(all);
  out["pagination_token"] = shown.more ? json::value(shown.items.back()->id) : json::value(nullptr);
  return json_plan(200, std::move(out));
}

} // namespace

plan answer_xai_batches(const batch_ask& ask, std::string_view rest) {
  if (rest.empty())
    return ask.is("POST") ? create(ask) : ask.is("GET") ? list(ask) : refused(405, "Not allowed.");
  const auto [id, verb] = id_and_verb(rest);
  auto* b = ask.find(id);
  if (!b) {
    auto missing = no_such_batch(ask, id);
    return missing.status == 404 ? refused(404, "No such batch.") : std::move(missing);
  }
  if (ask.is("GET") && verb.empty())
    return json_plan(200, object_of(*b, ask.now));
  if (ask.is("GET") && verb == "/results")
    return results(ask, *b);
  if (ask.is("POST") && verb == "/requests")
    return add_requests(ask, *b);
  if (!ask.is("POST") || verb != ":cancel")
    return refused(405, "Not allowed.");
  if (b->ended(ask.now))
    return refused(400, "The batch has ended: it cannot be cancelled.");
  ask.cancel(*b);
  return json_plan(200, object_of(*b, ask.now));
}

} // namespace weir::inline v0::sim
