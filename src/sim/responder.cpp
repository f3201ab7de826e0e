#include "sim/responder.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/beast/core/string.hpp>

#include "core/time/duration.hpp"
#include "sim/batches/batch_ask.hpp"
#include "sim/dialects/dialects.hpp"
#include "sim/faults/faulty.hpp"
#include "sim/protocol.hpp"
#include "sim/routes.hpp"
#include "sim/tasks/media.hpp"
#include "sim/tasks/tasks.hpp"

namespace weir::inline v0::sim {

namespace {

/// So that no request makes a server write forever.
constexpr std::uint64_t most_tokens = 10'000'000;
constexpr std::size_t most_predictions = 1024;

std::optional<std::uint64_t> events_of(const request& r) {
  const auto text = r.header("x-events");
  if (text.empty())
    return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || value > most_tokens)
    throw error(errc::invalid_argument, "the header x-events takes a number up to " + std::to_string(most_tokens));
  return value;
}

std::optional<duration> duration_of(const request& r, std::string_view name) {
  const auto text = r.header(name);
  if (text.empty())
    return std::nullopt;
  return parse_duration(text);
}

} // namespace

responder::responder(const settings& s) : settings_(s), rules_(s.faults), random_(s.seed), batches_(s.batches) {}

duration responder::first_of(const request& r) {
  if (const auto given = duration_of(r, "x-first"))
    return *given;
  const auto& c = settings_.capacity;
  return c.first_token ? c.first_token->draw(random_) : settings_.first_token;
}

void responder::set_gap(plan& out, const request& r) {
  const auto given = duration_of(r, "x-interval");
  out.gap = given.value_or(settings_.gap);
  if (given || !settings_.capacity.gap)
    return;
  out.gap = settings_.capacity.gap->at(0.5);
  if (settings_.capacity.gap->is_fixed())
    return;
  // A stream of its own, so that what one stream draws does not depend on the others.
  out.next_gap = [how = *settings_.capacity.gap, random = random_source(random_.next())]() mutable {
    return how.draw(random);
  };
}

bool responder::happens(fault_rule& rule) {
  if (rule.times == 0 || (rule.rate < 1 && random_.uniform() >= rule.rate))
    return false;
  if (rule.times != fault_rule::always)
    --rule.times;
  return true;
}

greeting responder::greet() {
  greeting out;
  for (auto& rule : rules_) {
    if (!of_connection(rule.what.kind()) || !happens(rule))
      continue;
    switch (rule.what.kind()) {
    case fault_kind::slow_handshake: out.handshake_delay = rule.what.time(); break;
    case fault_kind::bad_cert_expired: out.identity = certificate::expired; break;
    case fault_kind::bad_cert_host: out.identity = certificate::wrong_host; break;
    case fault_kind::bad_cert_self_signed: out.identity = certificate::self_signed; break;
    case fault_kind::bad_cert_unknown_ca: out.identity = certificate::unknown_ca; break;
    default: break;
    }
  }
  return out;
}

std::vector<fault> responder::faults_of(const request& r) {
  if (const auto wanted = r.header("x-fault"); !wanted.empty()) {
    auto out = parse_faults(wanted);
    for (const auto& f : out)
      if (of_connection(f.kind()))
        throw error(errc::invalid_argument, "the fault " + std::string(info(f.kind()).name) +
                                                " applies to connections: start the server with it");
    return out;
  }
  std::vector<fault> out;
  const bool batch = makes_batch(r);
  for (auto& rule : rules_)
    if (!of_connection(rule.what.kind()) && (batch || !of_batch(rule.what.kind())) && happens(rule))
      out.push_back(rule.what);
  return out;
}

bool responder::authorized(const request& r) const {
  if (settings_.key.empty())
    return true;
  for (const std::string_view name : {"x-api-key", "x-goog-api-key"})
    if (r.header(name) == settings_.key)
      return true;
  const auto value = r.header("authorization");
  for (const std::string_view scheme : {"Bearer ", "Key "})
    if (value.size() > scheme.size() && boost::beast::iequals(value.substr(0, scheme.size()), scheme) &&
        value.substr(scheme.size()) == settings_.key)
      return true;
  return false;
}

const ask* responder::prediction_of(std::string_view path) const {
  const auto id = path.substr(path.find(prediction_mark) + prediction_mark.size());
  for (const auto& a : predictions_)
    if (std::to_string(a.serial) == id)
      return &a;
  return nullptr;
}

plan responder::predict(const request& r, ask a) {
  const std::string scheme = settings_.tls ? "https://" : "http://";
  auto out = answer_prediction(a, scheme + std::string(r.header("host")) + std::string(prediction_mark) +
                                      std::to_string(a.serial));
  if (predictions_.size() == most_predictions)
    predictions_.pop_front();
  predictions_.push_back(std::move(a));
  return out;
}

plan responder::respond(const request& r, std::chrono::system_clock::time_point wall) {
  ++serial_;
  plan out;
  try {
    const auto faults = faults_of(r);
    out = route(r, faults, wall);
  } catch (const error& e) {
    out = openai_error(400, e.failure().message(), "invalid_request_error", "bad_simulation_header");
  }
  out.headers.emplace_back("x-request-id", "sim-" + std::to_string(serial_));
  out.headers.emplace_back("date", http_date(wall));
  return out;
}

// An endpoint that was scaled to zero, as the proxy before it answers (docs/providers.md, "Dedicated endpoints").
std::optional<plan> responder::starting(const request& r, const fault& f, std::chrono::system_clock::time_point wall,
                                        duration& held) {
  if (!woken_)
    woken_ = wall;
  const duration left = *woken_ + f.time() - wall;
  if (left <= duration())
    return std::nullopt;
  std::uint64_t seconds = 0;
  const auto text = r.header("x-scale-up-timeout");
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  const auto patience = std::chrono::seconds(std::min<std::uint64_t>(seconds, 3600));
  if (patience >= left) {
    held = left;
    return std::nullopt;
  }
  plan out;
  out.status = 503;
  out.headers.emplace_back("content-type", "text/plain");
  out.body = "503 Service Unavailable";
  out.first = patience;
  return out;
}

cache_counts responder::remembered(const request& r, const codec::json::value& body,
                                   std::chrono::system_clock::time_point wall) {
  const auto where = place_of(r);
  const bool marked = where == place::messages;
  if (!marked && where != place::chat && where != place::responses)
    return {};
  // Providers keep each organisation's prompts apart.
  const auto scope = std::string(codec::string_at(body, "model").value_or("")) + '\n' +
                     std::string(r.header(marked ? "x-api-key" : "authorization"));
  return marked ? prompts_.read_marked(body, scope, wall) : prompts_.read_unmarked(body, scope, wall);
}

void responder::settle(ask& a, const request& r, std::chrono::system_clock::time_point wall) {
  if (place_of(r) != place::prediction_stream)
    a.model = model_of(r.path);
  a.serial = serial_;
  a.created = std::chrono::duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count();
  a.cached = remembered(r, a.body, wall);
  a.tokens = settings_.tokens;
}

/// The answer to a line of a batch: what the same request gets live, without faults.
plan responder::answer_line(std::string_view path, codec::json::value body,
                            std::chrono::system_clock::time_point wall) {
  ++serial_;
  request r;
  r.method = "POST";
  r.path = path;
  const auto where = place_of(r);
  if (where == place::unknown || where == place::compatible) {
    r.body = codec::to_text(body);
    auto done = answer_task(r, settings_.tls);
    return done ? std::move(*done)
                : openai_error(404, "No such route: " + r.path, "invalid_request_error", "unknown_url");
  }
  ask a;
  a.body = std::move(body);
  settle(a, r, wall);
  auto out = answer_at(where, std::move(a));
  return out.events ? std::move(out) : reworded(std::move(out), wording_at(where));
}

bool responder::work(std::chrono::system_clock::time_point wall) {
  return batches_.work(
      [&](std::string_view path, codec::json::value body) { return answer_line(path, std::move(body), wall); });
}

plan responder::route(const request& r, const std::vector<fault>& faults, std::chrono::system_clock::time_point wall) {
  auto out = decide(r, faults, wall);
  return out.events ? std::move(out) : reworded(std::move(out), wording_of(r));
}

plan responder::decide(const request& r, const std::vector<fault>& faults, std::chrono::system_clock::time_point wall) {
  const auto where = place_of(r);
  duration held{};
  for (const auto& f : faults) {
    if (f.kind() == fault_kind::cold_start)
      if (auto refused = starting(r, f, wall, held))
        return std::move(*refused);
    if (f.kind() == fault_kind::unhealthy && where == place::health)
      return tgi_error(503, "unhealthy", "healthcheck");
    if (f.kind() == fault_kind::paused)
      return std::move(*refusal(f, false, wall));
  }
  if (where == place::health)
    return plan();
  if (where == place::info)
    return answer_info();
  if (where == place::metrics)
    return answer_metrics(serial_);
  const job_ask about(r, settings_, faults, wall, jobs_);
  if (auto open = answer_open(about))
    return std::move(*open);
  const line_answer line = [&](std::string_view path, codec::json::value body) {
    return answer_line(path, std::move(body), wall);
  };
  const batch_ask batched(r, settings_, faults, wall, batches_, line);
  if (auto account = answer_batch_account(batched))
    return std::move(*account);
  if (auto open = answer_open_batches(batched)) {
    spoil(*open, faults);
    return std::move(*open);
  }
  for (const auto& f : faults)
    if (auto refused = refusal(f, is_tgi(where), wall))
      return std::move(*refused);
  if (auto file = answer_media(r)) {
    if (file->status == 200)
      spoil(*file, faults);
    return std::move(*file);
  }
  if (!authorized(r))
    return openai_error(401, "The key is wrong or missing.", "invalid_request_error", "invalid_api_key");
  if (auto out = answer_batches(batched)) {
    spoil(*out, faults);
    return std::move(*out);
  }
  if (auto list = answer_listing(where, r))
    return std::move(*list);
  if (auto out = answer_job(about)) {
    out->first = first_of(r);
    spoil(*out, faults);
    return std::move(*out);
  }
  if (auto done = answer_task(r, settings_.tls)) {
    if (done->status != 200)
      return std::move(*done);
    done->first = first_of(r);
    done->is_answer = true;
    spoil(*done, faults);
    return std::move(*done);
  }
  if (where == place::unknown)
    return openai_error(404, "No such route: " + r.method + " " + r.path, "invalid_request_error", "unknown_url");

  ask a;
  error_code ec;
  if (where == place::prediction_stream) {
    const auto* begun = prediction_of(r.path);
    if (!begun)
      return openai_error(404, "No such stream.", "not_found");
    a = *begun;
  } else {
    a.body = codec::parse_json(r.body, ec);
  }
  if (ec || !a.body.is_object())
    return openai_error(400, "The body is not a JSON object.", "invalid_request_error", "invalid_json");
  settle(a, r, wall);
  a.exactly = events_of(r);
  a.foreign =
      std::any_of(faults.begin(), faults.end(), [](const fault& f) { return f.kind() == fault_kind::split_utf8; });

  auto out = where == place::prediction ? predict(r, std::move(a)) : answer_at(where, std::move(a));
  if (out.status != 200)
    return out;
  out.first = held + first_of(r);
  out.is_answer = true;
  set_gap(out, r);
  spoil(out, faults);
  return out;
}

} // namespace weir::inline v0::sim
