// Gemini's Files API: resumable uploads (start, upload, finalize), multipart and raw ones, and downloads.
#include "sim/batches/batch_ask.hpp"
#include "sim/dialects/dialects.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view resource = "/files";
constexpr std::string_view id_prefix = "files/sim";

plan refused(int status, std::string_view message) {
  return reworded(openai_error(status, message, "invalid_request_error"), wording_of_errors::gemini);
}

json::object object_of(const batch_ask& ask, const stored_file& f) {
  json::object out;
  out["name"] = f.id;
  out["displayName"] = f.name;
  out["mimeType"] = f.type;
  out["sizeBytes"] = std::to_string(f.content->size());
  out["createTime"] = rfc3339(f.created);
  out["updateTime"] = rfc3339(f.created);
  out["expirationTime"] = rfc3339(f.created + std::chrono::hours(48));
  out["uri"] = ask.origin + "/v1beta/" + f.id;
  if (f.purpose == "batch_output")
    out["downloadUri"] = ask.origin + "/download/v1beta/" + f.id + ":download?alt=media";
  out["state"] = f.pending ? "PROCESSING" : "ACTIVE";
  out["source"] = f.purpose == "batch_output" ? "GENERATED" : "UPLOADED";
  return out;
}

plan in_file(const batch_ask& ask, const stored_file& f) {
  auto out = json_plan(200, json::object{{"file", object_of(ask, f)}});
  out.headers.emplace_back("x-goog-upload-status", "final");
  return out;
}

/// What the JSON of an upload says about its file.
stored_file described(const batch_ask& ask, std::string_view text, std::string_view type) {
  stored_file f;
  f.created = ask.now;
  f.purpose = "user_data";
  f.type = type.empty() ? "application/jsonl" : std::string(type);
  error_code ec;
  const auto v = codec::parse_json(text, ec);
  const auto* file = ec ? nullptr : codec::find(v, "file");
  if (!file)
    return f;
  for (const auto key : {"displayName", "display_name"})
    if (const auto name = codec::string_at(*file, key))
      f.name = *name;
  for (const auto key : {"mimeType", "mime_type"})
    if (const auto named = codec::string_at(*file, key))
      f.type = *named;
  return f;
}

plan start(const batch_ask& ask) {
  if (!ask.has_room(number_of(ask.incoming.header("x-goog-upload-header-content-length")).value_or(0)))
    return reworded(storage_full(), wording_of_errors::gemini);
  auto f = described(ask, ask.incoming.body, ask.incoming.header("x-goog-upload-header-content-type"));
  f.pending = true;
  const auto& made = ask.store.files.add(std::move(f), id_prefix);
  plan out;
  out.headers.emplace_back("x-goog-upload-status", "active");
  out.headers.emplace_back("x-goog-upload-url", ask.origin + ask.incoming.path +
                                                    "?upload_id=" + made.id.substr(made.id.find('/') + 1) +
                                                    "&upload_protocol=resumable");
  return out;
}

plan proceed(const batch_ask& ask, std::string_view upload_id) {
  auto* f = ask.store.files.find("files/" + std::string(upload_id));
  if (!f)
    return refused(404, "No such upload.");
  const auto command = ask.incoming.header("x-goog-upload-command");
  if (command == "query") {
    plan out;
    out.headers.emplace_back("x-goog-upload-status", f->pending ? "active" : "final");
    out.headers.emplace_back("x-goog-upload-size-received", std::to_string(f->content->size()));
    return out;
  }
  if (!f->pending || command.find("upload") == command.npos)
    return command == "finalize" && f->pending ? (f->pending = false, in_file(ask, *f))
                                               : refused(400, "The upload does not take this command.");
  if (number_of(ask.incoming.header("x-goog-upload-offset")) != f->content->size())
    return refused(400, "x-goog-upload-offset is not where the upload stands.");
  if (!ask.has_room(ask.incoming.body.size()))
    return reworded(storage_full(), wording_of_errors::gemini);
  ask.store.files.fill(*f, *f->content + ask.incoming.body);
  if (command.find("finalize") != command.npos)
    return in_file(ask, *f);
  f->pending = true;
  plan out;
  out.headers.emplace_back("x-goog-upload-status", "active");
  return out;
}

/// `multipart/related`: JSON about the file, then the file.
plan upload_related(const batch_ask& ask) {
  const std::string_view body = ask.incoming.body;
  const auto delimiter = body.substr(0, body.find("\r\n"));
  const auto mark = "\r\n" + std::string(delimiter);
  const auto first = body.find("\r\n\r\n");
  const auto second = first == body.npos ? first : body.find(mark, first + 2);
  const auto bytes = second == body.npos ? second : body.find("\r\n\r\n", second + 2);
  const auto end = bytes == body.npos ? bytes : body.find(mark, bytes + 2);
  if (delimiter.size() < 3 || end == body.npos || end < bytes + 4)
    return refused(400, "The upload needs two parts: JSON about the file, and the file.");
  auto f = described(ask, body.substr(first + 4, second - first - 4), {});
  f.content = std::make_shared<const std::string>(body.substr(bytes + 4, end - bytes - 4));
  return in_file(ask, ask.store.files.add(std::move(f), id_prefix));
}

plan upload(const batch_ask& ask) {
  if (const auto id = query_of(ask.incoming, "upload_id"))
    return proceed(ask, *id);
  if (ask.incoming.header("x-goog-upload-command") == "start")
    return start(ask);
  if (!ask.has_room(ask.incoming.body.size()))
    return reworded(storage_full(), wording_of_errors::gemini);
  const auto type = ask.incoming.header("content-type");
  if (type.starts_with("multipart/"))
    return upload_related(ask);
  auto f = described(ask, {}, type);
  f.content = std::make_shared<const std::string>(ask.incoming.body);
  return in_file(ask, ask.store.files.add(std::move(f), id_prefix));
}

plan list(const batch_ask& ask) {
  std::vector<const stored_file*> all;
  for (const auto& f : ask.store.files.all())
    if (f.id.starts_with("files/"))
      all.insert(all.begin(), &f);
  const auto shown = page_of(all, query_of(ask.incoming, "pageToken").value_or(""), ask.limit("pageSize", 10, 100));
  json::array data;
  for (const auto* f : shown.items)
    data.push_back(object_of(ask, *f));
  json::object out{{"files", std::move(data)}};
  if (shown.more)
    out["nextPageToken"] = shown.items.back()->id;
  return json_plan(200, std::move(out));
}

} // namespace

std::optional<plan> answer_gemini_files(const batch_ask& ask) {
  if (ask.is("POST") && (ask.path().ends_with("/upload/v1beta/files") || ask.path().ends_with("/upload/v1/files")))
    return upload(ask);
  const auto rest =
      ask.below_gemini(resource, [](batch_store& store, std::string id) { return store.files.find(id) != nullptr; });
  if (!rest)
    return std::nullopt;
  if (rest->empty())
    return ask.is("GET") ? list(ask) : refused(405, "Not allowed.");
  const auto [id, verb] = id_and_verb(*rest);
  auto* f = ask.store.files.find("files/" + std::string(id));
  if (!f)
    return refused(404, "No such file.");
  if (ask.is("GET") && verb == ":download")
    return content_plan(f->content, f->type);
  if (ask.is("GET") && verb.empty())
    return json_plan(200, object_of(ask, *f));
  if (!ask.is("DELETE") || !verb.empty())
    return refused(405, "Not allowed.");
  ask.store.files.erase(f->id);
  return json_plan(200, json::object());
}

} // namespace weir::inline v0::sim
