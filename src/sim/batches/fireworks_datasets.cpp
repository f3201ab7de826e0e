// Fireworks' datasets: uploads by form or by signed URL, downloads by signed URL.
#include <algorithm>

#include "sim/batches/fireworks.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view accounts = "/accounts/";
constexpr std::string_view kind = "/datasets";
constexpr std::size_t most_datasets = 1000;

json::object object_of(const batch_ask& ask, const dataset& d) {
  std::size_t examples = 0;
  for (const auto& [name, id] : d.files)
    if (const auto* f = ask.store.files.find(id))
      examples += static_cast<std::size_t>(std::count(f->content->begin(), f->content->end(), '\n'));
  json::object out;
  out["name"] = d.name;
  out["displayName"] = d.display_name;
  out["createTime"] = rfc3339(d.created);
  out["state"] = d.ready ? "READY" : "UPLOADING";
  out["exampleCount"] = std::to_string(examples);
  out["userUploaded"] = json::object();
  out["format"] = "CHAT";
  return out;
}

plan create(const batch_ask& ask, std::string_view account) {
  const auto& body = ask.body();
  const auto id = codec::string_at(body, "datasetId").value_or("");
  if (id.empty())
    return fireworks_error(400, "dataset_id is required");
  const auto name = fireworks_name(account, "datasets", id);
  if (ask.store.datasets.contains(name))
    return fireworks_error(409, "dataset already exists");
  if (ask.store.datasets.size() == most_datasets)
    return fireworks_error(429, "too many datasets: delete some");
  dataset d;
  d.name = name;
  d.created = ask.now;
  if (const auto* about = codec::find(body, "dataset"))
    d.display_name = codec::string_at(*about, "displayName").value_or("");
  return json_plan(200, object_of(ask, ask.store.datasets[name] = std::move(d)));
}

stored_file& add_file(const batch_ask& ask, dataset& d, std::string_view name) {
  stored_file f;
  f.name = name;
  f.purpose = "dataset";
  f.created = ask.now;
  f.pending = true;
  auto& made = ask.store.files.add(std::move(f), "file-fw-sim");
  d.files[std::string(name)] = made.id;
  return made;
}

plan upload(const batch_ask& ask, dataset& d) {
  const auto part = part_of(ask.incoming, "file");
  if (!part)
    return fireworks_error(400, "the form needs the part file");
  if (!ask.has_room(part->content.size()))
    return fireworks_error(507, "the simulated storage is full");
  const auto name = part->file_name.empty() ? std::string_view("dataset.jsonl") : part->file_name;
  ask.store.files.fill(add_file(ask, d, name), std::string(part->content));
  d.ready = true;
  return json_plan(200, json::object{{"filename", name}, {"message", "uploaded"}});
}

plan upload_urls(const batch_ask& ask, dataset& d) {
  const auto* sizes = codec::object_at(ask.body(), "filenameToSize");
  if (!sizes || sizes->empty())
    return fireworks_error(400, "filenameToSize is required");
  json::object urls;
  for (const auto& [name, size] : *sizes) {
    if (!ask.has_room(size.is_number() ? size.to_number<std::uint64_t>() : 0))
      return fireworks_error(507, "the simulated storage is full");
    urls[name] = ask.signed_url(add_file(ask, d, name));
  }
  return json_plan(200, json::object{{"filenameToSignedUrls", std::move(urls)}});
}

plan validate(const batch_ask& ask, dataset& d) {
  for (const auto& [name, id] : d.files) {
    const auto* f = ask.store.files.find(id);
    if (!f || f->pending)
      return fireworks_error(400, "the file " + name + " has not been uploaded");
  }
  if (d.files.empty())
    return fireworks_error(400, "nothing has been uploaded");
  d.ready = true;
  return json_plan(200, json::object());
}

plan download_urls(const batch_ask& ask, const dataset& d) {
  if (!d.ready)
    return fireworks_error(400, "the dataset is not ready");
  json::object urls;
  for (const auto& [name, id] : d.files)
    if (const auto* f = ask.store.files.find(id))
      urls[name] = ask.signed_url(*f);
  return json_plan(200, json::object{{"filenameToSignedUrls", std::move(urls)}});
}

plan remove(const batch_ask& ask, const std::string& name) {
  for (const auto& [file, id] : ask.store.datasets[name].files)
    ask.store.files.erase(id);
  ask.store.datasets.erase(name);
  return json_plan(200, json::object());
}

plan list(const batch_ask& ask, std::string_view account) {
  json::array all;
  const auto prefix = fireworks_name(account, "datasets", "");
  for (const auto& [name, d] : ask.store.datasets)
    if (name.starts_with(prefix))
      all.push_back(object_of(ask, d));
  const auto total = all.size();
  return json_plan(200, json::object{{"datasets", std::move(all)}, {"nextPageToken", ""}, {"totalSize", total}});
}

} // namespace

plan fireworks_error(int status, std::string_view message) {
  const int code = status == 404 ? 5 : status == 409 ? 6 : status == 429 || status == 507 ? 8 : 3;
  return json_plan(status, json::object{{"code", code}, {"message", message}, {"details", json::array()}});
}

std::string fireworks_name(std::string_view account, std::string_view what, std::string_view id) {
  if (id.starts_with("accounts/"))
    return std::string(id);
  return "accounts/" + std::string(account) + "/" + std::string(what) + "/" + std::string(id);
}

shared_text dataset_content(const batch_ask& ask, std::string_view name) {
  const auto it = ask.store.datasets.find(std::string(name));
  if (it == ask.store.datasets.end() || !it->second.ready)
    return nullptr;
  std::string all;
  for (const auto& [file, id] : it->second.files) {
    const auto* f = ask.store.files.find(id);
    if (!f)
      continue;
    if (it->second.files.size() == 1)
      return f->content;
    all.append(*f->content);
    if (!all.empty() && all.back() != '\n')
      all += '\n';
  }
  return std::make_shared<const std::string>(std::move(all));
}

std::optional<plan> answer_fireworks_datasets(const batch_ask& ask) {
  const auto rest = ask.after(kind);
  const auto below = ask.after(accounts);
  if (!rest || !below || (!rest->empty() && rest->front() != '/'))
    return std::nullopt;
  deliver_fireworks_outputs(ask);
  const auto account = below->substr(0, below->find('/'));
  if (rest->empty())
    return ask.is("POST")  ? create(ask, account)
           : ask.is("GET") ? list(ask, account)
                           : fireworks_error(405, "not allowed");
  const auto [id, verb] = id_and_verb(*rest);
  const auto name = fireworks_name(account, "datasets", id);
  const auto it = ask.store.datasets.find(name);
  if (it == ask.store.datasets.end())
    return fireworks_error(404, "dataset not found");
  auto& d = it->second;
  if (verb.empty() && ask.is("GET"))
    return json_plan(200, object_of(ask, d));
  if (verb.empty() && ask.is("DELETE"))
    return remove(ask, name);
  if (verb == ":upload" && ask.is("POST"))
    return upload(ask, d);
  if (verb == ":getUploadEndpoint" && ask.is("POST"))
    return upload_urls(ask, d);
  if (verb == ":validateUpload" && ask.is("POST"))
    return validate(ask, d);
  if (verb == ":getDownloadEndpoint" && ask.is("GET"))
    return download_urls(ask, d);
  return fireworks_error(405, "not allowed");
}

} // namespace weir::inline v0::sim
