#include "tool/output/printer.hpp"

#include <fmt/format.h>

#include <chrono>

#include <weir/core/base64.hpp>

#include "codec/json/json.hpp"
#include "codec/text/utf8.hpp"
#include "core/time/duration.hpp"
#include "core/time/in_seconds.hpp"
#include "http/message/types.hpp"
#include "policy/observe/observe.hpp"
#include "tool/output/cache_words.hpp"
#include "tool/output/cost_words.hpp"
#include "tool/output/json_lines.hpp"
#include "tool/output/output.hpp"
#include "tool/output/terminal.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view plain = "\x1b[0m";

std::string words(const attempt& a, bool only) {
  std::string line = only ? "  " : fmt::format("  {}: ", a.number);
  line += a.url.empty() ? fmt::format("{} {}", a.provider, a.model) : fmt::format("{} {}", a.provider, a.url);
  const auto add = [&line](std::string_view what, duration d) {
    if (d != duration())
      line += fmt::format(" · {} {}", what, format_duration(d));
  };
  if (!a.key.empty())
    line += fmt::format(" · key {}", a.key);
  if (a.cache_hit)
    line += " · from the cache";
  if (a.shared)
    line += " · shared with another call";
  if (a.hedge)
    line += " · hedge";
  if (a.continuation)
    line += " · resumes the answer";
  add("started at", a.begun);
  add("queued", a.queued);
  add("cold start", a.cold_start);
  if (a.connection.reused)
    line += " · reused connection";
  add("resolve", a.connection.resolve);
  add("connect", a.connection.connect);
  add("proxy", a.connection.proxy);
  add(a.connection.resumed ? "TLS resumed" : "TLS", a.connection.handshake);
  if (a.status)
    line += fmt::format(" · status {}", a.status);
  add("first byte after", a.first_byte);
  add("first token after", a.first_token);
  add("longest gap", a.longest_gap);
  add("ended after", a.ended);
  if (a.events)
    line += fmt::format(" · {} events, {} bytes", a.events, a.bytes);
  if (a.failure && a.failure.code().category() == error_category())
    line += fmt::format(" · {}", name_of(static_cast<errc>(a.failure.code().value())));
  if (a.maybe_billed)
    line += " · may have been charged";
  return line;
}

void print_attempts(std::FILE* err, const call_record& call) {
  for (const auto& a : call.attempts)
    if (is_shown(call, *a))
      say(err, "{}\n", words(*a, call.attempts.size() == 1));
}

void print_details(std::FILE* err, const call_record& call) {
  print_attempts(err, call);
  if (!call.info.remark.empty())
    say(err, "  {}\n", call.info.remark);
}

std::string size(std::uint64_t bytes) {
  if (bytes < 10'000)
    return fmt::format("{} bytes", bytes);
  return bytes < 10'000'000 ? fmt::format("{} kB", bytes / 1000) : fmt::format("{} MB", bytes / 1'000'000);
}

// Tokens per second from the first one on; of those that were not streamed, as some providers' reasoning, none counts.
std::string rate(const call_record& call, bool reasoned) {
  const auto& u = call.usage;
  const auto hidden = reasoned ? 0 : u.reasoning_tokens.value_or(0);
  const auto took = in_seconds(call.ended - call.first_token);
  constexpr double shortest = 0.001;
  if (call.first_token == duration() || u.completion_tokens.value_or(0) <= hidden || took < shortest)
    return {};
  return fmt::format(" · {:.0f} tokens/s", static_cast<double>(*u.completion_tokens - hidden) / took);
}

std::string summary(const call_record& call, const std::string& cost, bool reasoned) {
  const auto& u = call.usage;
  std::string line = std::string(name_of(call.outcome));
  if (!call.finish_reason.empty())
    line += fmt::format(" ({})", one_line(call.finish_reason));
  if (u.prompt_tokens || u.completion_tokens)
    line += fmt::format(" · {} tokens in, {} out", u.prompt_tokens ? std::to_string(*u.prompt_tokens) : "?",
                        u.completion_tokens ? std::to_string(*u.completion_tokens) : "?");
  if (!cost.empty() && !cached_attempt(call))
    line += " · " + cost;
  if (call.attempts.size() > 1)
    line += fmt::format(" · {} attempts", call.attempts.size());
  if (call.first_token != duration() && !cached_attempt(call))
    line += fmt::format(" · first token {}{}", format_duration(call.first_token), rate(call, reasoned));
  return line + cache_words(call) + fmt::format(" · {}", format_duration(call.ended));
}

} // namespace

printer::printer(bool json, bool verbose, bool quiet, std::FILE* out, std::FILE* err)
    : json_(json), verbose_(verbose), quiet_(quiet), status_(std::make_shared<status_line>(!quiet, err)),
      dim_(has_colours(err)), out_(out), err_(err) {}

void printer::put(std::string_view text) {
  if (text.empty())
    return;
  status_->end();
  last_ = text.back();
  cli::put(out_, text);
}

void printer::put_line(const json::value& v) {
  status_->end();
  print(out_, "{}\n", codec::to_text(v));
}

void printer::end_line() {
  status_->end();
  end_reasoning();
  if (last_ != '\n' && !is_at_line_start(out_))
    put("\n");
  last_ = '\n';
}

void printer::reasoning(std::string_view text) {
  if (text.empty())
    return;
  status_->end();
  if (last_of_reasoning_ == 0 && last_ != '\n')
    put("\n");
  if (last_of_reasoning_ == 0 && !dim_)
    tell(err_, "reasoning:\n");
  if (dim_)
    tell_between(err_, dim, text, plain);
  else
    tell(err_, text);
  last_of_reasoning_ = text.back();
}

// A blank line stands between it and the answer.
void printer::end_reasoning() {
  if (last_of_reasoning_ != 0)
    tell(err_, last_of_reasoning_ == '\n' ? "\n" : "\n\n");
  last_of_reasoning_ = 0;
}

void printer::tool_calls(const choice& c) {
  for (const auto& call : c.tool_calls)
    put(fmt::format("{}({})\n", call.name, call.arguments));
}

void printer::on_event(const event& e, duration at) {
  reasoned_ = reasoned_ || e.is(event::kind::reasoning);
  if (json_) {
    auto o = to_json(e);
    o.get_object()["at_ms"] = in_milliseconds(at);
    put_line(o);
  } else if (e.progress()) {
    on_progress(*e.progress());
  } else if (e.is(event::kind::tool_call) || e.is(event::kind::media)) {
    seen_.add(e);
  } else if (e.is(event::kind::reasoning)) {
    if (verbose_)
      reasoning(e.content());
    else
      status_->show(fmt::format("thinking … {} s", std::chrono::floor<std::chrono::seconds>(at).count()));
  } else {
    const auto text = e.is(event::kind::refusal) ? std::string_view(e.content()) : e.text();
    if (!text.empty())
      end_reasoning();
    put(text);
  }
}

void printer::on_progress(const progress& p) {
  if (quiet_)
    return;
  std::string line(name_of(p.at));
  if (p.at == progress::stage::downloading)
    line += p.total ? fmt::format(" {} of {}", size(p.bytes), size(*p.total)) : " " + size(p.bytes);
  else if (!p.status.empty() && p.status != name_of(p.at))
    line += fmt::format(" ({})", one_line(p.status));
  if (p.position)
    line += fmt::format(" · position {} in the queue", *p.position);
  if (p.fraction)
    line += fmt::format(" · {:.0f} %", *p.fraction * 100);
  if (verbose_ && !p.log.empty()) {
    status_->clear();
    say(err_, "{}\n", p.log);
  }
  if (status_->live())
    status_->show(line);
  else if (verbose_ && line != told_)
    say(err_, "{}\n", line);
  told_ = std::move(line);
}

void printer::end_progress() {
  status_->end();
  told_.clear();
}

void printer::on_result(std::string_view task, json::value result) {
  json::object o{{"type", "result"}, {"task", task}, {"result", std::move(result)}};
  put_line(o);
}

void printer::on_end(const call_record& call) {
  if (json_) {
    put_line(last_object(call, verbose_));
    return;
  }
  end_line();
  for (const auto& c : seen_.choices) {
    for (const auto& m : c.media)
      on_media(m);
    tool_calls(c);
  }
  if (verbose_)
    print_details(err_, call);
  if (!quiet_)
    say(err_, "{}\n", summary(call, cost_.empty() ? cost_words(call.usage) : cost_, reasoned_));
}

void printer::on_completion(const completion& c, const call_record& call) {
  if (json_) {
    for (const auto& e : events_of(c)) {
      // They came together, at the end.
      auto o = to_json(e);
      o.get_object()["at_ms"] = in_milliseconds(call.ended);
      put_line(o);
    }
    put_line(last_object(call, verbose_));
    return;
  }
  status_->end();
  for (std::size_t i = 0; i < c.choices.size(); ++i) {
    if (i > 0)
      say(err_, "choice {}:\n", c.choices[i].index);
    on_choice(c.choices[i]);
  }
  if (verbose_)
    print_details(err_, call);
  if (!quiet_)
    say(err_, "{}\n", summary(call, cost_.empty() ? cost_words(call.usage) : cost_, reasoned_));
}

void printer::on_choice(const choice& c) {
  if (verbose_)
    reasoning(c.reasoning);
  end_reasoning();
  put(c.text);
  put(c.refusal);
  end_line();
  for (const auto& m : c.media)
    on_media(m);
  tool_calls(c);
}

// Only text goes to a terminal.
void printer::on_media(const media& m) {
  if (!m.url.empty())
    put(m.url + "\n");
  else
    say(err_, "[{}, {}: use --json to get it]\n",
        m.content_type.empty() ? std::string_view("bytes") : std::string_view(m.content_type), size(m.bytes.size()));
}

void printer::on_failure(const call_record& call) {
  status_->end();
  if (json_)
    put_line(last_object(call, verbose_));
  else if (verbose_)
    print_attempts(err_, call);
}

void printer::on_failure(const failure& f) {
  call_record nothing;
  nothing.outcome = outcome_of(f);
  nothing.failure = f;
  on_failure(nothing);
}

std::string to_json(const explained_request& r, std::string_view variable) {
  json::object o;
  o["method"] = r.method;
  o["url"] = r.url;
  json::object headers;
  for (const auto& [key, value] : r.headers)
    headers[key] = http::names_key(key) && !value.ends_with("***") ? "***" : value;
  if (!variable.empty()) {
    const auto& [key, value] = r.headers.back(); // the credential
    headers[key] = fmt::format("{}${}", std::string_view(value).substr(0, value.rfind(' ') + 1), variable);
  }
  o["headers"] = std::move(headers);
  error_code ec;
  auto body = codec::parse_json(r.body, ec);
  if (!ec)
    o["body"] = std::move(body);
  else if (codec::valid_utf8_prefix(r.body) == r.body.size())
    o["body"] = r.body;
  else
    o["body_base64"] = encode_base64(r.body);
  return codec::to_text(o);
}

} // namespace weir::inline v0::cli
