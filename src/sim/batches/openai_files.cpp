// Files as OpenAI has them, and with them Together, Mistral and xAI.
#include <algorithm>

#include "sim/batches/batch_ask.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view files = "/files";

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) +
         (!text.empty() && text.back() != '\n' ? 1 : 0);
}

json::object object_of(const batch_ask& ask, const stored_file& f) {
  json::object out;
  out["id"] = f.id;
  out["object"] = "file";
  out["bytes"] = f.content->size();
  out["created_at"] = unix_seconds(f.created);
  out["expires_at"] = f.expires ? json::value(unix_seconds(*f.expires)) : json::value(nullptr);
  out["filename"] = f.name;
  out["purpose"] = f.purpose;
  out["status"] = "processed";
  if (f.purpose == "batch-api" || ask.has_part("together")) {
    out["line_count"] = lines_in(*f.content);
    out["processed"] = !f.pending;
    out["FileType"] = "jsonl";
  }
  if (ask.has_part("mistral")) {
    out["size_bytes"] = f.content->size();
    out["sample_type"] = f.purpose == "batch_output" ? "batch_result" : "batch_request";
    out["num_lines"] = lines_in(*f.content);
    out["mimetype"] = "application/jsonl";
    out["source"] = "upload";
  }
  return out;
}

plan invalid(std::string_view message) { return openai_error(400, message, "invalid_request_error", "invalid_form"); }

stored_file described(const batch_ask& ask) {
  stored_file f;
  f.created = ask.now;
  f.purpose = field_of(ask.incoming, "purpose").value_or("batch"); // xAI's uploads have none
  if (const auto seconds = number_of(field_of(ask.incoming, "expires_after[seconds]").value_or("")))
    f.expires = ask.now + std::chrono::seconds(std::min<std::uint64_t>(*seconds, 1u << 30));
  return f;
}

plan upload(const batch_ask& ask) {
  const auto part = part_of(ask.incoming, "file");
  if (!part)
    return invalid("The form needs the part file.");
  auto f = described(ask);
  if (f.purpose.empty())
    return invalid("The form needs the part purpose.");
  f.name = field_of(ask.incoming, "file_name").value_or(std::string(part->file_name));
  if (!ask.has_room(part->content.size()))
    return storage_full();
  f.content = std::make_shared<const std::string>(part->content);
  return json_plan(200, object_of(ask, ask.store.files.add(std::move(f), "file-sim")));
}

/// Together's first step of three: the file is announced, its bytes go to a signed URL.
plan announce(const batch_ask& ask) {
  auto f = described(ask);
  f.name = field_of(ask.incoming, "file_name").value_or("");
  f.pending = true;
  if (f.name.empty())
    return invalid("The form needs the part file, or the field file_name for an upload in steps.");
  if (!ask.has_room(0))
    return storage_full();
  const auto& made = ask.store.files.add(std::move(f), "file-sim");
  plan out;
  out.status = 302;
  out.headers.emplace_back("location", ask.signed_url(made));
  out.headers.emplace_back("x-together-file-id", made.id);
  return out;
}

plan list(const batch_ask& ask) {
  const auto purpose = query_of(ask.incoming, "purpose");
  std::vector<const stored_file*> all;
  for (const auto& f : ask.store.files.all())
    if (!purpose || f.purpose == *purpose)
      all.push_back(&f);
  if (query_of(ask.incoming, "order") != "asc")
    std::reverse(all.begin(), all.end());
  const auto shown = page_of(all, query_of(ask.incoming, "after").value_or(""), ask.limit("limit", 10'000, 10'000));
  json::array data;
  for (const auto* f : shown.items)
    data.push_back(object_of(ask, *f));
  json::object out;
  out["object"] = "list";
  out["first_id"] = shown.items.empty() ? json::value(nullptr) : json::value(shown.items.front()->id);
  out["last_id"] = shown.items.empty() ? json::value(nullptr) : json::value(shown.items.back()->id);
  out["has_more"] = shown.more;
  out["data"] = std::move(data);
  return json_plan(200, std::move(out));
}

} // namespace

std::optional<plan> answer_files(const batch_ask& ask) {
  const auto rest = ask.below(files);
  if (!rest)
    return std::nullopt;
  if (ask.is("POST") && (rest->empty() || *rest == "/upload"))
    return !part_of(ask.incoming, "file") && !rest->starts_with("/upload") ? announce(ask) : upload(ask);
  if (ask.is("GET") && rest->empty())
    return list(ask);
  if (rest->empty())
    return std::nullopt;
  const auto [id, verb] = id_and_verb(*rest);
  auto* f = ask.store.files.find(id);
  if (!f)
    return no_such("File object", id);
  if (ask.is("GET") && verb == "/content")
    return content_plan(f->content, "application/octet-stream");
  if (ask.is("GET") && verb == "/url")
    return json_plan(200, json::object{{"url", ask.signed_url(*f)}});
  if ((ask.is("GET") && verb.empty()) || (ask.is("POST") && verb == "/preprocess" && !f->pending))
    return json_plan(200, object_of(ask, *f));
  if (ask.is("POST") && verb == "/preprocess")
    return openai_error(400, "The file's bytes have not been uploaded.", "invalid_request_error");
  if (ask.is("DELETE") && verb.empty()) {
    json::object out{{"id", f->id}, {"object", "file"}, {"deleted", true}};
    ask.store.files.erase(id);
    return json_plan(200, std::move(out));
  }
  return std::nullopt;
}

} // namespace weir::inline v0::sim
