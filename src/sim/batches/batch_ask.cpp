#include "sim/batches/batch_ask.hpp"

#include <algorithm>

#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view signed_mark = "/sim/signed/";
constexpr std::string_view signature = "?signature=simulated";
constexpr std::string_view batches = "/batches";

/// Whose protocol a request to `…/batches` speaks: the path's prefix says so, else what it makes or is about.
batch_vendor vendor_of(const batch_ask& ask, std::string_view rest) {
  if (ask.has_part("together"))
    return batch_vendor::together;
  if (ask.has_part("xai"))
    return batch_vendor::xai;
  if (ask.has_part("novita"))
    return batch_vendor::novita;
  if (ask.has_part("openrouter") || ask.path().find("/api/v1/batches") != ask.path().npos ||
      ask.path().find("/api/beta/batches") != ask.path().npos)
    return batch_vendor::openrouter;
  if (!rest.empty()) {
    const auto* b = ask.store.find(id_and_verb(rest).id);
    return b ? b->vendor : batch_vendor::openai;
  }
  if (!ask.is("POST"))
    return batch_vendor::openai;
  if (codec::array_at(ask.body(), "requests"))
    return batch_vendor::openrouter;
  if (codec::string_at(ask.body(), "name") && !codec::string_at(ask.body(), "endpoint"))
    return batch_vendor::xai;
  const auto* file = ask.store.files.find(codec::string_at(ask.body(), "input_file_id").value_or(""));
  return file && file->purpose == "batch-api" ? batch_vendor::together : batch_vendor::openai;
}

std::optional<plan> answer_plain_batches(const batch_ask& ask) {
  const auto rest = ask.below(batches);
  if (!rest)
    return std::nullopt;
  switch (const auto v = vendor_of(ask, *rest)) {
  case batch_vendor::together: return answer_together_batches(ask, *rest);
  case batch_vendor::xai: return answer_xai_batches(ask, *rest);
  case batch_vendor::openrouter: return answer_openrouter_batches(ask, *rest);
  case batch_vendor::novita: return answer_openai_batches(ask, *rest, v);
  default: return answer_openai_batches(ask, *rest, batch_vendor::openai);
  }
}

} // namespace

batch_ask::batch_ask(const request& r, const settings& how, const std::vector<fault>& faults, wall_time now,
                     batch_store& store, const line_answer& answer)
    : incoming(r), now(now), store(store), answer(answer), faults_(faults) {
  origin = how.tls ? "https://" : "http://";
  origin += r.header("host");
}

std::optional<std::string_view> batch_ask::after(std::string_view mark) const noexcept {
  const auto at = path().rfind(mark);
  return at == std::string_view::npos ? std::nullopt : std::optional(path().substr(at + mark.size()));
}

std::optional<std::string_view> batch_ask::below(std::string_view resource) const noexcept {
  const auto at = path().rfind(resource);
  if (at == std::string_view::npos)
    return std::nullopt;
  const auto base = path().substr(0, at), rest = path().substr(at + resource.size());
  const bool api = base.ends_with("/v1") || base.ends_with("/openai") || base.ends_with("/api/beta");
  return api && (rest.empty() || rest.front() == '/') ? std::optional(rest) : std::nullopt;
}

std::optional<std::string_view> batch_ask::below_gemini(std::string_view resource,
                                                        bool (*known)(batch_store&, std::string)) const {
  if (const auto beta = after("/v1beta" + std::string(resource)))
    return beta;
  const auto rest = after("/v1" + std::string(resource));
  if (!rest || (!rest->empty() && rest->front() != '/'))
    return std::nullopt;
  const auto id = std::string(resource.substr(1)) + "/" + std::string(id_and_verb(*rest).id);
  return !incoming.header("x-goog-api-key").empty() || (!rest->empty() && known(store, id)) ? rest : std::nullopt;
}

bool batch_ask::has_part(std::string_view part) const noexcept {
  for (auto rest = path(); !rest.empty();) {
    const auto end = std::min(rest.find('/'), rest.size());
    if (rest.substr(0, end) == part)
      return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

const json::value& batch_ask::body() const {
  if (!body_) {
    error_code ec;
    body_ = codec::parse_json(incoming.body, ec);
    if (ec || !body_->is_object())
      throw error(errc::invalid_argument, "The body is not a JSON object.");
  }
  return *body_;
}

std::size_t batch_ask::limit(std::string_view name, std::size_t otherwise, std::size_t most) const noexcept {
  const auto number = number_of(query_of(incoming, name).value_or(""));
  return number ? std::clamp<std::size_t>(*number, 1, most) : otherwise;
}

batch& batch_ask::begin(batch b, std::string_view id_prefix) const {
  b.faults = faults_;
  if (const auto named = codec::string_at(b.metadata, "x-fault"))
    for (auto& f : parse_faults(*named))
      b.faults.push_back(std::move(f));
  auto& made = store.begin(std::move(b), now, id_prefix);
  store.advance(made, now, answer);
  return made;
}

batch* batch_ask::find(std::string_view id) const {
  auto* b = store.find(id);
  if (!b || (b->has(fault_kind::batch_vanished) && now >= b->runs_at()))
    return nullptr;
  if (const auto* late = b->has(fault_kind::batch_transient_404); late && is("GET") && now < b->created + late->time())
    return nullptr;
  store.advance(*b, now, answer);
  return b;
}

void batch_ask::cancel(batch& b) const {
  if (!b.cancel_asked)
    b.cancel_asked = now;
  store.advance(b, now, answer);
}

std::vector<batch*> batch_ask::list(batch_vendor v) const {
  std::vector<batch*> out;
  auto& all = store.all();
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (it->vendor != v || (it->has(fault_kind::batch_vanished) && now >= it->runs_at()))
      continue;
    store.advance(*it, now, answer);
    out.push_back(&*it);
  }
  return out;
}

std::string batch_ask::signed_url(const stored_file& f) const {
  return origin + std::string(signed_mark) + f.id + std::string(signature);
}

id_and_verb::id_and_verb(std::string_view rest) {
  if (rest.starts_with('/'))
    rest.remove_prefix(1);
  id = rest.substr(0, rest.find_first_of("/:"));
  verb = rest.substr(id.size());
}

bool makes_batch(const request& r) noexcept {
  const std::string_view path = r.path;
  return r.method == "POST" && (path.ends_with(batches) || path.ends_with("/batch/jobs") ||
                                path.ends_with(":batchGenerateContent") || path.ends_with("/batchInferenceJobs"));
}

std::optional<plan> answer_batch_account(const batch_ask& ask) {
  if (!ask.is("GET") || ask.path() != "/sim/batches")
    return std::nullopt;
  ask.store.advance_all(ask.now, ask.answer);
  return json_plan(200, ask.store.told(ask.now));
}

std::optional<plan> answer_open_batches(const batch_ask& ask) {
  if (ask.is("POST") && ask.path().starts_with("/upload/") && query_of(ask.incoming, "upload_id"))
    return answer_gemini_files(ask);
  if (!ask.path().starts_with(signed_mark))
    return std::nullopt;
  if (!ask.incoming.header("authorization").empty())
    return openai_error(403, "A signed URL must be requested without a key, but a key was sent.", "key_leaked");
  auto* file = ask.store.files.find(ask.path().substr(signed_mark.size()));
  if (!file || ask.incoming.query != signature.substr(1))
    return openai_error(403, "The signed URL is not valid.", "invalid_request_error", "signature_does_not_match");
  if (ask.is("GET"))
    return content_plan(file->content, "application/octet-stream");
  if (!ask.is("PUT") || !file->pending)
    return openai_error(403, "The signed URL is not for this method.", "invalid_request_error");
  if (!ask.has_room(ask.incoming.body.size()))
    return storage_full();
  ask.store.files.fill(*file, ask.incoming.body);
  return plan();
}

std::optional<plan> answer_batches(const batch_ask& ask) {
  const auto before = ask.store.created();
  std::optional<plan> out;
  for (const auto protocol :
       {answer_anthropic_batches, answer_gemini_batches, answer_gemini_files, answer_mistral_batches,
        answer_fireworks_batches, answer_fireworks_datasets, answer_plain_batches, answer_files}) {
    out = protocol(ask);
    if (out)
      break;
  }
  if (ask.store.created() != before && ask.store.all().back().has(fault_kind::batch_create_lost))
    out->answer = answering::hang_up;
  return out;
}

plan no_such(std::string_view what, std::string_view id) {
  return openai_error(404, "No such " + std::string(what) + ": " + std::string(id), "invalid_request_error",
                      "not_found");
}

plan storage_full() {
  return openai_error(507, "The simulated storage is full: delete files.", "server_error", "storage_full");
}

plan no_such_batch(const batch_ask& ask, std::string_view id) {
  auto out = no_such("batch", id);
  const auto* b = ask.store.find(id);
  const auto* vanished = b ? b->has(fault_kind::batch_vanished) : nullptr;
  if (vanished && vanished->argument() == "200")
    out.status = 200;
  return out;
}

} // namespace weir::inline v0::sim
