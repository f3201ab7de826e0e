#include "sim/faults/faulty.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include "codec/json/json.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

using enum fault_kind;

constexpr std::uint64_t tokens_before_an_error = 2;
constexpr std::string_view broken_event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\n\n";

std::string in_band_error(std::string_view form) {
  if (form == "tgi")
    return "data:{\"error\":\"Request failed during generation: simulated\",\"error_type\":\"generation\"}\n\n";
  if (form == "groq")
    return "event: error\ndata: {\"error\":{\"message\":\"simulated failure\",\"type\":\"invalid_request_error\","
           "\"code\":\"tool_use_failed\",\"status_code\":400}}\n\n";
  if (form == "chunk")
    return "data: {\"id\":\"gen-sim\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":"
           "{\"content\":\"\"},\"finish_reason\":null}],\"error\":{\"code\":502,\"message\":\"simulated failure\"}}\n\n"
           "data: [DONE]\n\n";
  return "data: {\"error\":{\"message\":\"simulated "
         "failure\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n";
}

/// The events of another source with something added, replaced or removed.
class faulty_source final : public event_source {
public:
  explicit faulty_source(std::unique_ptr<event_source> inner) : inner_(std::move(inner)) {}

  std::optional<std::uint64_t> ping_every;
  std::optional<std::uint64_t> malformed_after;
  std::string error; ///< Sent after some tokens, and ends the stream.
  bool no_done = false;
  bool junk = false;
  bool lines = false;

  piece next(std::string& event) override {
    if (ended_)
      return piece::end;
    if (!error.empty() && tokens_ == tokens_before_an_error)
      return last(error, event);
    if (ping_due_) {
      ping_due_ = false;
      event = lines ? "\n" : ": ping\n\n";
      return piece::extra;
    }
    const auto kind = inner_->next(event);
    if (kind == piece::end) {
      ended_ = true;
      // The error must be sent, however short the answer.
      if (!error.empty())
        return last(error, event);
      return junk ? last("}{ not an event", event) : piece::end;
    }
    if (no_done && event == "data: [DONE]\n\n")
      return next(event);
    if (kind == piece::token) {
      if (malformed_after == tokens_)
        event = lines ? broken_event.substr(6, broken_event.size() - 7) : broken_event;
      ++tokens_;
      ping_due_ = ping_every && *ping_every != 0 && tokens_ % *ping_every == 0;
    }
    return kind;
  }

private:
  piece last(std::string text, std::string& event) {
    ended_ = true;
    event = std::move(text);
    return piece::extra;
  }

  std::unique_ptr<event_source> inner_;
  std::uint64_t tokens_ = 0;
  bool ping_due_ = false;
  bool ended_ = false;
};

plan error_plan(int status, bool tgi, std::string_view message, std::string_view type, std::string_view code = {}) {
  return tgi ? tgi_error(status, message, type) : openai_error(status, message, type, code);
}

plan rate_limited(const fault& f, bool tgi, std::chrono::system_clock::time_point wall) {
  auto out = error_plan(429, tgi, "Simulated rate limit: too many requests.", tgi ? "overloaded" : "requests",
                        "rate_limit_exceeded");
  const auto& how = f.argument();
  auto add = [&](std::string name, std::string value) { out.headers.emplace_back(std::move(name), std::move(value)); };
  if (how == "none")
    return out;
  if (how == "seconds")
    add("retry-after", "1");
  else if (how == "fraction")
    add("retry-after", "0.5");
  else if (how == "ms")
    add("retry-after-ms", "500");
  else if (how == "date")
    add("retry-after", http_date(wall + std::chrono::seconds(2)));
  else if (how == "t")
    add("ratelimit", "\"api\";r=0;t=1");
  else if (how == "stop")
    add("x-should-retry", "false");
  else if (how.ends_with("ms"))
    add("retry-after-ms", how.substr(0, how.size() - 2));
  else if (how.ends_with("s"))
    add("retry-after", how.substr(0, how.size() - 1));
  else
    add("retry-after", how);
  return out;
}

plan html_page() {
  plan out;
  out.status = 502;
  out.headers.emplace_back("content-type", "text/html");
  out.body =
      "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n";
  return out;
}

plan overloaded_529() {
  json::object inner;
  inner["type"] = "overloaded_error";
  inner["message"] = "Simulated overload.";
  json::object body;
  body["type"] = "error";
  body["error"] = std::move(inner);
  return json_plan(529, std::move(body));
}

plan loading_plan(std::uint64_t seconds) {
  json::object body;
  body["error"] = "Model weir/simulated is currently loading";
  body["estimated_time"] = static_cast<double>(seconds);
  return json_plan(503, std::move(body));
}

} // namespace

std::string http_date(std::chrono::system_clock::time_point when) {
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm t{};
  gmtime_r(&seconds, &t);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d GMT", days[static_cast<std::size_t>(t.tm_wday)],
                t.tm_mday, months[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  return text;
}

std::optional<plan> refusal(const fault& f, bool tgi, std::chrono::system_clock::time_point wall) {
  switch (f.kind()) {
  case rate_limit: return rate_limited(f, tgi, wall);
  case status_500: return error_plan(500, tgi, "Simulated internal error.", tgi ? "generation" : "server_error");
  case status_502: return error_plan(502, tgi, "Simulated bad gateway.", tgi ? "" : "server_error");
  case status_503: return error_plan(503, tgi, "Simulated overload.", tgi ? "overloaded" : "server_error");
  case status_504: return error_plan(504, tgi, "Simulated gateway timeout.", tgi ? "" : "server_error");
  case status_529: return overloaded_529();
  case loading: return loading_plan(f.count());
  case html_error: return html_page();
  case quota_exhausted:
    return f.argument() == "402"
               ? openai_error(402, "Simulated: the credit is used up.", "invalid_request_error", "insufficient_credit")
               : openai_error(429, "Simulated: the quota is used up.", "insufficient_quota", "insufficient_quota");
  case unauthorized:
    return error_plan(401, tgi, "Simulated: the key is wrong.", "invalid_request_error", "invalid_api_key");
  case not_found:
    return error_plan(404, tgi, "Simulated: the model does not exist.", "invalid_request_error", "model_not_found");
  case error_200_json: return error_plan(200, tgi, "Simulated failure.", tgi ? "generation" : "server_error");
  case redirect: {
    plan out;
    out.status = 307;
    out.headers.emplace_back("location", f.argument());
    return out;
  }
  case paused: {
    plan out;
    out.status = 400;
    out.headers.emplace_back("content-type", "text/plain");
    out.body = "Bad Request: Invalid state";
    return out;
  }
  case no_head: {
    plan out;
    out.answer = answering::never;
    return out;
  }
  case hang_up: {
    plan out;
    out.answer = answering::hang_up;
    return out;
  }
  default: return std::nullopt;
  }
}

void spoil(plan& p, const std::vector<fault>& faults) {
  std::unique_ptr<faulty_source> source;
  auto events = [&]() -> faulty_source& {
    if (!source) {
      source = std::make_unique<faulty_source>(std::move(p.events));
      source->lines = p.lines;
    }
    return *source;
  };
  const bool stream = p.events != nullptr;
  for (const auto& f : faults) {
    switch (f.kind()) {
    case cut: p.breaks.emplace(break_kind::orderly, f.count()); break;
    case reset: p.breaks.emplace(break_kind::reset, f.count()); break;
    case truncated_chunk:
      p.breaks.emplace(break_kind::in_chunk, f.count());
      p.frame = framing::chunked;
      break;
    case stall: p.stall_after = f.count(); break;
    case slow_first: p.first = f.time(); break;
    case close_delimited: p.frame = framing::until_close; break;
    case close_after_stream: p.close_after = true; break;
    case split_utf8:
      p.split_characters = true;
      p.frame = framing::chunked;
      break;
    case malformed_json:
      if (stream)
        events().malformed_after = f.count();
      else
        p.body.resize(p.body.size() / 2);
      break;
    case pings:
      if (stream)
        events().ping_every = f.count();
      break;
    case no_done:
      if (stream)
        events().no_done = true;
      break;
    case junk_after_done:
      if (stream)
        events().junk = true;
      break;
    case error_in_band:
      if (stream)
        events().error =
            p.error_event.empty() || f.argument() != "openai" ? in_band_error(f.argument()) : p.error_event;
      break;
    default: break;
    }
  }
  if (source)
    p.events = std::move(source);
}

} // namespace weir::inline v0::sim
