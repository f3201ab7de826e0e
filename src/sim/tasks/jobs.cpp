#include "sim/tasks/jobs.hpp"

#include <algorithm>
#include <charconv>

#include "core/time/duration.hpp"
#include "sim/protocol.hpp"
#include "sim/tasks/media.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::size_t most_jobs = 1000;

std::string_view name_of(job_state s) {
  switch (s) {
  case job_state::queued: return "queued";
  case job_state::running: return "running";
  case job_state::done: return "done";
  case job_state::failed: return "failed";
  case job_state::cancelled: return "cancelled";
  }
  return {};
}

class file_kind {
public:
  std::string_view extension, type;
};

file_kind kind_of(product p) {
  switch (p) {
  case product::video: return {".mp4", "video/mp4"};
  case product::sound: return {".wav", "audio/wav"};
  case product::speech_text: return {".txt", "text/plain"};
  case product::image:
  case product::mask: break;
  }
  return {".png", "image/png"};
}

plan file_of(const job& j) {
  const auto kind = kind_of(j.makes);
  if (j.has(fault_kind::download_missing))
    return openai_error(404, "Simulated: the file is gone.", "not_found");
  plan out;
  out.headers.emplace_back("content-type", kind.type);
  out.body = job_file(j.makes);
  if (const auto* f = j.has(fault_kind::download_large))
    out.body.resize(std::max(out.body.size(), f->count()));
  if (const auto* f = j.has(fault_kind::download_cut))
    out.breaks.emplace(break_kind::orderly, f->count());
  return out;
}

} // namespace

std::string job_file(product p) {
  switch (p) {
  case product::video: return make_mp4(1, 1000);
  case product::sound: return make_wav(1, 100);
  case product::speech_text: return std::string(job_words);
  case product::image:
  case product::mask: break;
  }
  return make_png(1, 16, 16);
}

job_length job_length::parse(std::string_view text) {
  job_length out;
  std::uint64_t polls = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), polls);
  if (ec == std::errc() && end == text.data() + text.size())
    out.polls = polls;
  else
    out.time = parse_duration(text);
  return out;
}

const fault* job::has(fault_kind kind) const noexcept {
  const auto it = std::find_if(faults.begin(), faults.end(), [kind](const fault& f) { return f.kind() == kind; });
  return it == faults.end() ? nullptr : &*it;
}

job_state job::state(wall_time now) const {
  if (cancelled)
    return job_state::cancelled;
  const auto age = now - begun;
  const bool over = length.none() || (length.polls ? polled > *length.polls : age >= length.time);
  const bool waiting = length.polls ? polled <= 1 : age < length.time / 4;
  if (!over)
    return waiting ? job_state::queued : job_state::running;
  if (has(fault_kind::job_never_ends))
    return job_state::running;
  return has(fault_kind::job_fails) ? job_state::failed : job_state::done;
}

job& job_store::begin(job j) {
  if (jobs_.size() == most_jobs)
    jobs_.pop_front();
  j.id = "simjob-" + std::to_string(++begun_);
  return jobs_.emplace_back(std::move(j));
}

job* job_store::find(std::string_view id) noexcept {
  const auto it = std::find_if(jobs_.begin(), jobs_.end(), [id](const job& j) { return j.id == id; });
  return it == jobs_.end() ? nullptr : &*it;
}

json::array job_store::list(wall_time now) const {
  json::array all;
  for (const auto& j : jobs_) {
    json::object one;
    one["id"] = j.id;
    one["vendor"] = j.vendor;
    one["model"] = j.model;
    one["state"] = name_of(j.state(now));
    one["polls"] = j.polled;
    all.push_back(std::move(one));
  }
  return all;
}

job_ask::job_ask(const request& r, const settings& how, const std::vector<fault>& faults, wall_time now,
                 job_store& store)
    : incoming(r), now(now), store(store), how_(how), faults_(faults) {
  origin = how.tls ? "https://" : "http://";
  origin += r.header("host");
}

std::string_view job_ask::after(std::string_view mark) const noexcept {
  const std::string_view path = incoming.path;
  const auto at = path.rfind(mark);
  return at == path.npos ? std::string_view() : path.substr(at + mark.size());
}

const json::value& job_ask::body() const {
  if (!body_) {
    error_code ec;
    body_ = codec::parse_json(incoming.body, ec);
    if (ec || !body_->is_object())
      throw error(errc::invalid_argument, "The body is not a JSON object.");
  }
  return *body_;
}

job& job_ask::begin(std::string_view vendor, std::string_view model, product makes) const {
  body();
  job j;
  j.vendor = vendor;
  j.model = model;
  j.makes = makes;
  j.begun = now;
  j.length.time = how_.job;
  if (const auto wanted = incoming.header("x-job"); !wanted.empty())
    j.length = job_length::parse(wanted);
  j.faults = faults_;
  return store.begin(std::move(j));
}

std::string job_ask::file_url(const job& j) const {
  return origin + "/sim/files/" + j.id + std::string(kind_of(j.makes).extension);
}

looked_up peek(const job_ask& ask, std::string_view id) {
  looked_up out;
  out.it = ask.store.find(id);
  if (!out.it || out.it->has(fault_kind::job_lost)) {
    out.refused = openai_error(404, "No such job.", "not_found");
    return out;
  }
  out.state = out.it->state(ask.now);
  return out;
}

looked_up look_up(const job_ask& ask, std::string_view id) {
  auto out = peek(ask, id);
  if (out.refused)
    return out;
  ++out.it->polled;
  out.state = out.it->state(ask.now);
  for (const auto& [kind, status] : {std::pair(fault_kind::poll_429, 429), std::pair(fault_kind::poll_503, 503)})
    if (const auto* f = out.it->has(kind); f && out.it->polled <= f->count()) {
      out.refused = openai_error(status, "Simulated: ask again later.", "server_error");
      if (status == 429)
        out.refused->headers.emplace_back("retry-after-ms", "50");
    }
  return out;
}

product product_of(std::string_view model, product otherwise) {
  const auto says = [model](std::string_view word) {
    return std::search(model.begin(), model.end(), word.begin(), word.end(), [](char a, char b) {
             return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
           }) != model.end();
  };
  if (says("video") || says("i2v") || says("t2v"))
    return product::video;
  if (says("audio") || says("speech") || says("tts"))
    return product::sound;
  if (says("seg") || says("mask"))
    return product::mask;
  if (says("image") || says("flux") || says("edit"))
    return product::image;
  return otherwise;
}

std::optional<plan> answer_open(const job_ask& ask) {
  if (ask.incoming.method != "GET")
    return std::nullopt;
  if (ask.incoming.path == "/sim/jobs")
    return json_plan(200, ask.store.list(ask.now));
  if (!std::string_view(ask.incoming.path).starts_with("/sim/files/"))
    return std::nullopt;
  if (!ask.incoming.header("authorization").empty())
    return openai_error(403, "A job's file must be requested without a key, but a key was sent.", "key_leaked");
  const auto file = ask.after("/");
  const auto* j = ask.store.find(file.substr(0, file.find('.')));
  if (!j || j->state(ask.now) != job_state::done)
    return openai_error(404, "No such file.", "not_found");
  return file_of(*j);
}

std::optional<plan> answer_job(const job_ask& ask) {
  for (const auto vendor : {answer_fal, answer_replicate, answer_wavespeed, answer_videos, answer_zai})
    if (auto answer = vendor(ask))
      return answer;
  return std::nullopt;
}

} // namespace weir::inline v0::sim
