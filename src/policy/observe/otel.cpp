// The OpenTelemetry attributes, span name and error type of calls and attempts.
#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <utility>

#include <weir/policy/observe/observe.hpp>

#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace {

// The server of an absolute URL; nothing else of the URL is exported, because a query may hold anything.
class server {
public:
  explicit server(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos)
      return;
    port = url.substr(0, scheme) == "http" ? 80 : 443;
    auto rest = url.substr(scheme + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (const auto user = rest.rfind('@'); user != std::string_view::npos)
      rest.remove_prefix(user + 1);
    auto host_end = rest.find(':');
    if (rest.starts_with('[')) {
      host_end = rest.find(']');
      address = rest.substr(1, host_end == std::string_view::npos ? host_end : host_end - 1);
      host_end = host_end == std::string_view::npos ? host_end : rest.find(':', host_end);
    } else {
      address = rest.substr(0, host_end);
    }
    if (host_end != std::string_view::npos)
      std::from_chars(rest.data() + host_end + 1, rest.data() + rest.size(), port);
  }
  std::string_view address;
  std::int64_t port = 0;
};

// Collects attributes and leaves out unknown ones.
class collector {
public:
  collector() { list_.reserve(32); }
  std::vector<attribute> take() && { return std::move(list_); }

  void always(std::string_view name, attribute::value_type v) { list_.emplace_back(name, std::move(v)); }
  void text(std::string_view name, std::string_view v) {
    if (!v.empty())
      always(name, std::string(v));
  }
  void count(std::string_view name, std::uint64_t n) {
    if (n != 0)
      always(name, static_cast<std::int64_t>(n));
  }
  void count(std::string_view name, std::optional<std::uint64_t> n) {
    if (n)
      always(name, static_cast<std::int64_t>(*n));
  }
  void time(std::string_view name, duration d) {
    if (d != duration())
      always(name, in_seconds(d));
  }
  void number(std::string_view name, std::optional<std::int64_t> n) {
    if (n)
      always(name, *n);
  }
  void number(std::string_view name, std::optional<double> n) {
    if (n)
      always(name, *n);
  }
  void flag(std::string_view name, bool set) {
    if (set)
      always(name, true);
  }
  void server_of(std::string_view url) {
    const server s(url);
    if (s.address.empty())
      return;
    text("server.address", s.address);
    always("server.port", s.port);
  }
  void error(const failure& f) {
    if (!f)
      return;
    text("weir.message", f.message());
    text("weir.remote_code", f.remote_code());
    text("weir.request_id", f.request_id());
    if (f.retry_after())
      always("weir.retry_after", in_seconds(*f.retry_after()));
  }

private:
  std::vector<attribute> list_;
};

// What the conventions call the kind of content that an operation makes; empty for those that may make several.
std::string_view output_type(std::string_view operation) {
  if (operation.ends_with("-to-image"))
    return "image";
  return operation == "text-to-speech" ? "speech" : std::string_view();
}

void add_settings(const request_settings& s, collector& to) {
  to.number("gen_ai.request.max_tokens", s.max_tokens);
  to.number("gen_ai.request.temperature", s.temperature);
  to.number("gen_ai.request.top_p", s.top_p);
  if (s.top_k) // a double in the conventions
    to.always("gen_ai.request.top_k", static_cast<double>(*s.top_k));
  to.number("gen_ai.request.frequency_penalty", s.frequency_penalty);
  to.number("gen_ai.request.presence_penalty", s.presence_penalty);
  to.count("gen_ai.request.seed", s.seed);
  if (s.choices && *s.choices != 1)
    to.number("gen_ai.request.choice.count", s.choices);
  if (!s.stop.empty())
    to.always("gen_ai.request.stop_sequences", s.stop);
}

bool has_any(const usage_units& u, std::initializer_list<usage_unit> of) {
  return std::any_of(of.begin(), of.end(), [&u](usage_unit one) { return u.has(one); });
}

// The conventions' counts are parts of their totals, weir's units are parts of nothing. Counts by modality are only for
// providers that tell modalities apart.
void add_usage(const usage& all, collector& to) {
  const auto& u = all.units;
  using enum usage_unit;
  const auto writes = [&u]() -> std::optional<std::uint64_t> {
    if (!has_any(u, {cache_write_5m, cache_write_1h, cache_write_other}))
      return std::nullopt;
    return u[cache_write_5m].value_or(0) + u[cache_write_1h].value_or(0) + u[cache_write_other].value_or(0);
  };
  const auto either = [](std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) { return a ? a : b; };
  to.count("gen_ai.usage.input_tokens", either(all.prompt_tokens, u.input_tokens()));
  to.count("gen_ai.usage.output_tokens", either(all.completion_tokens, u.output_tokens()));
  to.count("gen_ai.usage.cache_read.input_tokens", either(all.cached_tokens, u[cache_read]));
  const auto written = either(all.cache_write_tokens, writes());
  to.count("gen_ai.usage.cache_write.input_tokens", written);
  to.count("gen_ai.usage.cache_creation.input_tokens", written); // what it was called until 2026
  to.count("gen_ai.usage.reasoning.output_tokens", either(all.reasoning_tokens, u[output_reasoning]));
  if (has_any(u, {input_audio, input_image, input_video})) {
    to.count("gen_ai.usage.text.input_tokens", u[input_text]);
    to.count("gen_ai.usage.audio.input_tokens", u[input_audio]);
    to.count("gen_ai.usage.image.input_tokens", u[input_image]);
    to.count("gen_ai.usage.video.input_tokens", u[input_video]);
  }
  if (has_any(u, {output_audio, output_image})) {
    to.count("gen_ai.usage.text.output_tokens", u[output_text]);
    to.count("gen_ai.usage.audio.output_tokens", u[output_audio]);
    to.count("gen_ai.usage.image.output_tokens", u[output_image]);
  }
  to.count("weir.usage.input_milliseconds", u[input_milliseconds]);
  to.count("weir.usage.output_milliseconds", u[output_milliseconds]);
  to.count("weir.usage.input_characters", u[input_characters]);
  to.count("weir.usage.pages", u[pages]);
  to.count("weir.usage.images", u[images]);
  to.count("weir.usage.searches", u[searches]);
  to.flag("weir.usage.estimated", all.estimated);
  to.flag("weir.usage.inconsistent", all.inconsistent);
}

std::string number(double d) {
  char text[32];
  const auto r = std::to_chars(text, text + sizeof text, d);
  return std::string(text, r.ptr);
}

} // namespace

std::string attribute::text() const {
  if (const auto* b = std::get_if<bool>(&value_))
    return *b ? "true" : "false";
  if (const auto* i = std::get_if<std::int64_t>(&value_))
    return std::to_string(*i);
  if (const auto* d = std::get_if<double>(&value_))
    return number(*d);
  if (const auto* s = std::get_if<std::string>(&value_))
    return *s;
  std::string all;
  for (const auto& s : std::get<std::vector<std::string>>(value_))
    all += (all.empty() ? "" : ",") + s;
  return all;
}

std::string_view otel_provider_name(std::string_view provider) noexcept {
  if (provider == "auto" || provider == "hf-inference")
    return "huggingface";
  if (provider == "gemini")
    return "gcp.gemini";
  if (provider == "openai-responses")
    return "openai";
  return provider == "cohere-v2" ? "cohere" : provider;
}

std::string_view otel_error_type(const failure& f) noexcept {
  if (!f)
    return {};
  if (f.code().category() != error_category())
    return "_OTHER";
  return name_of(static_cast<errc>(f.code().value()));
}

std::string_view otel_error_type(const call_record& call) noexcept {
  if (call.outcome == outcome::complete || call.outcome == outcome::length)
    return {};
  return call.failure ? otel_error_type(call.failure) : name_of(call.outcome);
}

std::string span_name(const call_record& call) {
  return call.model.empty() ? call.operation : call.operation + ' ' + call.model;
}

std::vector<attribute> attributes(const call_record& call) {
  collector all;
  all.text("gen_ai.operation.name", call.operation);
  all.text("gen_ai.provider.name", otel_provider_name(call.provider));
  all.text("gen_ai.request.model", call.model);
  all.always("gen_ai.request.stream", call.streamed);
  add_settings(call.settings, all);
  all.text("gen_ai.conversation.id", call.conversation);
  all.text("gen_ai.output.type", output_type(call.operation));
  all.text("gen_ai.response.id", call.info.id);
  all.text("gen_ai.response.model", call.info.model);
  if (!call.finish_reason.empty())
    all.always("gen_ai.response.finish_reasons", std::vector<std::string>(1, call.finish_reason));
  add_usage(call.usage, all);
  all.time("gen_ai.response.time_to_first_chunk", call.first_token);
  if (!call.attempts.empty())
    all.server_of(call.attempts.back()->url);
  all.text("error.type", otel_error_type(call));
  all.count("http.response.status_code", static_cast<std::uint64_t>(call.failure.status()));

  all.text("weir.provider", call.provider);
  all.text("weir.outcome", name_of(call.outcome));
  all.text("weir.service_tier", call.info.service_tier);
  all.text("weir.speed", call.info.speed);
  all.time("weir.duration", call.ended);
  all.always("weir.attempts", static_cast<std::int64_t>(call.attempts.size()));
  if (call.usage.cost)
    all.always("weir.cost", *call.usage.cost);
  bool billed = false;
  for (const auto& a : call.attempts)
    billed = billed || a->maybe_billed;
  all.flag("weir.maybe_billed", billed);
  all.error(call.failure);
  return std::move(all).take();
}

std::vector<attribute> attributes(const call_record& call, const attempt& a) {
  collector all;
  all.text("gen_ai.operation.name", call.operation);
  all.text("gen_ai.provider.name", otel_provider_name(a.provider));
  all.text("gen_ai.request.model", a.model);
  all.server_of(a.url);
  all.text("error.type", otel_error_type(a.failure));
  all.count("http.response.status_code", static_cast<std::uint64_t>(a.status));
  all.count("http.request.resend_count", a.number > 1 ? std::uint64_t(a.number - 1) : 0);

  all.text("weir.provider", a.provider);
  all.text("weir.key", a.key);
  all.always("weir.attempt", static_cast<std::int64_t>(a.number));
  all.flag("weir.hedge", a.hedge);
  all.flag("weir.continuation", a.continuation);
  all.flag("weir.maybe_billed", a.maybe_billed);
  all.flag("weir.cache.hit", a.cache_hit);
  all.flag("weir.cache.stale", a.cache_stale);
  all.time("weir.cache.age", a.cache_age);
  all.flag("weir.shared", a.shared);
  all.flag("weir.connection.reused", a.connection.reused);
  all.flag("weir.tls.resumed", a.connection.resumed);
  all.time("weir.begun", a.begun);
  all.time("weir.queue", a.queued);
  all.time("weir.cold_start", a.cold_start);
  all.time("weir.resolve", a.connection.resolve);
  all.time("weir.connect", a.connection.connect);
  all.time("weir.proxy", a.connection.proxy);
  all.time("weir.tls", a.connection.handshake);
  all.time("weir.sent", a.sent);
  all.time("weir.first_byte", a.first_byte);
  all.time("weir.first_token", a.first_token);
  all.time("weir.longest_gap", a.longest_gap);
  all.time("weir.duration", a.ended);
  all.count("weir.bytes", std::uint64_t(a.bytes));
  all.count("weir.events", std::uint64_t(a.events));
  all.error(a.failure);
  return std::move(all).take();
}

} // namespace weir::inline v0
