#include "tool/output/json_lines.hpp"

#include <weir/core/base64.hpp>

#include "batch/output/generation_json.hpp"
#include "core/time/in_seconds.hpp"
#include "tool/output/cache_words.hpp"
#include "tool/output/failure_words.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

json::value optional_ms(duration d) { return d == duration() ? json::value(nullptr) : json::value(in_milliseconds(d)); }

template <class T>
void put(json::object& o, std::string_view key, const std::optional<T>& v) {
  if (v)
    o[key] = *v;
}

json::value to_json(const usage& u) {
  if (u.empty())
    return nullptr;
  json::object o;
  put(o, "prompt_tokens", u.prompt_tokens);
  put(o, "completion_tokens", u.completion_tokens);
  put(o, "total_tokens", u.total_tokens);
  put(o, "cached_tokens", u.cached_tokens);
  put(o, "cache_write_tokens", u.cache_write_tokens);
  put(o, "reasoning_tokens", u.reasoning_tokens);
  put(o, "cost", u.cost);
  return o;
}

json::value to_json(const failure& f) {
  if (!f)
    return nullptr;
  json::object o;
  if (f.code().category() == error_category())
    o["code"] = name_of(static_cast<errc>(f.code().value()));
  else
    o["code"] = f.code().message();
  o["message"] = in_options(f.message());
  if (f.status())
    o["status"] = f.status();
  if (!f.remote().empty())
    o["remote"] = f.remote();
  if (!f.remote_code().empty())
    o["remote_code"] = f.remote_code();
  if (!f.request_id().empty())
    o["request_id"] = f.request_id();
  if (f.retry_after())
    o["retry_after_ms"] = in_milliseconds(*f.retry_after());
  return o;
}

// What a provider sent, as JSON; as a string if it is not JSON.
json::value sent(std::string_view raw) {
  error_code ec;
  auto v = codec::parse_json(raw, ec);
  return ec ? json::value(raw) : v;
}

json::value to_json(const attempt& a, bool with_headers) {
  json::object o;
  o["number"] = a.number;
  o["provider"] = a.provider;
  o["model"] = a.model;
  o["url"] = a.url;
  if (!a.key.empty())
    o["key"] = a.key;
  o["hedge"] = a.hedge;
  o["continuation"] = a.continuation;
  o["begun_ms"] = in_milliseconds(a.begun);
  o["queued_ms"] = optional_ms(a.queued);
  if (a.cold_start != duration())
    o["cold_start_ms"] = in_milliseconds(a.cold_start);
  o["reused"] = a.connection.reused;
  o["resolve_ms"] = optional_ms(a.connection.resolve);
  o["connect_ms"] = optional_ms(a.connection.connect);
  o["tls_ms"] = optional_ms(a.connection.handshake);
  o["first_byte_ms"] = optional_ms(a.first_byte);
  o["first_token_ms"] = optional_ms(a.first_token);
  o["longest_gap_ms"] = optional_ms(a.longest_gap);
  o["ended_ms"] = optional_ms(a.ended);
  o["status"] = a.status ? json::value(a.status) : json::value(nullptr);
  if (!a.request_id.empty())
    o["request_id"] = a.request_id;
  if (with_headers && !a.headers.empty()) {
    json::array headers;
    for (const auto& [key, value] : a.headers)
      headers.push_back(json::array{key, value});
    o["headers"] = std::move(headers);
  }
  if (!a.raw.empty())
    o["raw"] = sent(a.raw);
  o["bytes"] = a.bytes;
  o["events"] = a.events;
  o["maybe_billed"] = a.maybe_billed;
  o["error"] = to_json(a.failure);
  return o;
}

void put(json::object& o, const event& e) {
  const auto& m = *e.media();
  o["index"] = e.more()->media_index;
  if (!m.content_type.empty())
    o["content_type"] = m.content_type;
  if (!m.url.empty())
    o["url"] = m.url;
  if (!m.bytes.empty())
    o["bytes_base64"] = encode_base64(m.bytes);
}

json::array odds_list(const std::vector<token_logprob>& all) {
  json::array list;
  for (const auto& t : all) {
    json::object o{{"token", t.token}};
    o["logprob"] = t.logprob ? json::value(*t.logprob) : json::value(nullptr);
    if (!t.top.empty())
      o["top"] = odds_list(t.top);
    list.push_back(std::move(o));
  }
  return list;
}

} // namespace

std::vector<event> events_of(const completion& c) {
  std::vector<event> all;
  const auto add = [&](const choice& from, event::kind k, std::string text, event::details more) {
    all.emplace_back(k, std::move(text), from.index, std::make_shared<const event::details>(std::move(more)));
  };
  for (const auto& one : c.choices) {
    if (!one.reasoning.empty())
      add(one, event::kind::reasoning, one.reasoning, {});
    event::details odds;
    odds.logprobs = one.logprobs;
    if (!one.text.empty() || !odds.logprobs.empty())
      add(one, event::kind::text, one.text, std::move(odds));
    if (!one.refusal.empty())
      add(one, event::kind::refusal, one.refusal, {});
    for (std::size_t i = 0; i < one.media.size(); ++i) {
      event::details more;
      more.media = one.media[i];
      more.media_index = static_cast<std::uint32_t>(i);
      add(one, event::kind::media, {}, std::move(more));
    }
    for (std::size_t i = 0; i < one.tool_calls.size(); ++i) {
      event::details more;
      more.tool_index = static_cast<std::uint32_t>(i);
      more.tool_id = one.tool_calls[i].id;
      more.tool_name = one.tool_calls[i].name;
      add(one, event::kind::tool_call, one.tool_calls[i].arguments, std::move(more));
    }
    // That of a single choice is in the last line.
    if (c.choices.size() > 1 && !one.finish_reason.empty()) {
      event::details more;
      more.finish_reason = one.finish_reason;
      add(one, event::kind::finish, {}, std::move(more));
    }
  }
  return all;
}

json::object last_object(const call_record& call, bool with_headers) {
  json::object last;
  last["outcome"] = name_of(call.outcome);
  last["finish_reason"] = call.finish_reason.empty() ? json::value(nullptr) : json::value(call.finish_reason);
  last["usage"] = to_json(call.usage);
  last["cost"] = call.usage.cost ? json::value(*call.usage.cost) : json::value(nullptr);
  // What the cache answers, or another call has paid for, costs nothing.
  if (cached_attempt(call))
    last["cost"] = 0;
  if (auto cache = cache_json(call); !cache.is_null())
    last["cache"] = std::move(cache);
  last["ttft_ms"] = optional_ms(call.first_token);
  last["total_ms"] = in_milliseconds(call.ended);
  if (call.failure)
    last["error"] = to_json(call.failure);
  if (!call.info.remark.empty())
    last["remark"] = call.info.remark;
  json::array attempts;
  for (const auto& a : call.attempts)
    if (is_shown(call, *a))
      attempts.push_back(to_json(*a, with_headers));
  last["attempts"] = std::move(attempts);
  return last;
}

bool is_shown(const call_record& call, const attempt& a) {
  return call.attempts.size() > 1 || a.failure.code() != condition::configuration;
}

json::value to_json(const event& e) {
  json::object o;
  o["type"] = name_of(e.type());
  switch (e.type()) {
  case event::kind::tool_call:
    o["index"] = e.tool_index();
    if (!e.tool_id().empty())
      o["id"] = e.tool_id();
    if (!e.tool_name().empty())
      o["name"] = e.tool_name();
    o["arguments"] = e.content();
    break;
  case event::kind::media: put(o, e); break;
  case event::kind::raw: break;
  case event::kind::finish: o["finish_reason"] = e.finish_reason(); break;
  case event::kind::usage:
    if (e.usage())
      o["usage"] = to_json(*e.usage());
    break;
  case event::kind::progress: {
    const auto& p = *e.progress();
    o["stage"] = name_of(p.at);
    o["job"] = p.job;
    if (!p.status.empty())
      o["status"] = p.status;
    put(o, "position", p.position);
    put(o, "fraction", p.fraction);
    if (!p.log.empty())
      o["log"] = p.log;
    if (p.at == progress::stage::downloading)
      o["bytes"] = p.bytes;
    put(o, "total", p.total);
    break;
  }
  default:
    o["text"] = e.content();
    add_token(o, e);
    if (e.more() && !e.more()->logprobs.empty())
      o["logprobs"] = odds_list(e.more()->logprobs);
  }
  if (e.choice() != 0)
    o["choice"] = e.choice();
  if (!e.raw().empty())
    o["raw"] = sent(e.raw());
  return o;
}

} // namespace weir::inline v0::cli
