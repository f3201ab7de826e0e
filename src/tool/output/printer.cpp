#include "tool/output/printer.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>

#include <weir/core/base64.hpp>

#include "codec/json/json.hpp"
#include "codec/text/utf8.hpp"
#include "core/time/duration.hpp"
#include "http/message/types.hpp"
#include "policy/observe/observe.hpp"
#include "tool/output/json_lines.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

void write_line(std::FILE* out, const json::value& v) { print(out, "{}\n", codec::to_text(v)); }

std::string words(const attempt& a, bool only) {
  std::string line = only ? "  " : fmt::format("  {}: ", a.number);
  line += a.url.empty() ? fmt::format("{} {}", a.provider, a.model) : fmt::format("{} {}", a.provider, a.url);
  const auto add = [&line](std::string_view what, duration d) {
    if (d != duration())
      line += fmt::format(" · {} {}", what, format_duration(d));
  };
  if (!a.key.empty())
    line += fmt::format(" · key {}", a.key);
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

std::string summary(const call_record& call) {
  const auto& u = call.usage;
  std::string line = std::string(name_of(call.outcome));
  if (!call.finish_reason.empty())
    line += fmt::format(" ({})", one_line(call.finish_reason));
  if (u.prompt_tokens || u.completion_tokens)
    line += fmt::format(" · {} tokens in, {} out", u.prompt_tokens ? std::to_string(*u.prompt_tokens) : "?",
                        u.completion_tokens ? std::to_string(*u.completion_tokens) : "?");
  if (u.cost)
    line += fmt::format(" · ${:.6f}", *u.cost);
  if (call.attempts.size() > 1)
    line += fmt::format(" · {} attempts", call.attempts.size());
  if (call.first_token != duration())
    line += fmt::format(" · first token {}", format_duration(call.first_token));
  return line + fmt::format(" · {}", format_duration(call.ended));
}

} // namespace

printer::printer(bool json, bool verbose, bool quiet, std::FILE* out, std::FILE* err)
    : json_(json), verbose_(verbose), quiet_(quiet), live_(::isatty(::fileno(err)) == 1), out_(out), err_(err) {}

void printer::put(std::string_view text) {
  if (text.empty())
    return;
  last_ = text.back();
  cli::put(out_, text);
}

void printer::end_line() {
  if (last_ != '\n')
    put("\n");
  if (reasoning_)
    tell(err_, "\n");
  reasoning_ = false;
}

void printer::tool_calls(const choice& c) {
  for (const auto& call : c.tool_calls)
    put(fmt::format("{}({})\n", call.name, call.arguments));
}

void printer::on_event(const event& e) {
  if (json_) {
    write_line(out_, to_json(e));
  } else if (e.progress()) {
    on_progress(*e.progress());
  } else if (e.is(event::kind::tool_call) || e.is(event::kind::media)) {
    seen_.add(e);
  } else if (e.is(event::kind::reasoning)) {
    if (verbose_ && !e.content().empty()) {
      tell(err_, e.content());
      reasoning_ = e.content().back() != '\n';
    }
  } else {
    const auto text = e.is(event::kind::refusal) ? std::string_view(e.content()) : e.text();
    if (reasoning_ && !text.empty())
      end_line();
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
    end_progress();
    say(err_, "{}\n", p.log);
  }
  if (live_) {
    wipe_line(err_);
    tell(err_, line);
  } else if (verbose_ && line != told_) {
    say(err_, "{}\n", line);
  }
  told_ = std::move(line);
}

void printer::end_progress() {
  if (live_ && !told_.empty())
    wipe_line(err_);
  told_.clear();
}

void printer::on_result(std::string_view task, json::value result) {
  json::object o{{"type", "result"}, {"task", task}, {"result", std::move(result)}};
  write_line(out_, o);
}

void printer::on_end(const call_record& call) {
  if (json_) {
    write_line(out_, last_object(call, verbose_));
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
    say(err_, "{}\n", summary(call));
}

void printer::on_completion(const completion& c, const call_record& call) {
  if (json_) {
    for (const auto& e : events_of(c))
      write_line(out_, to_json(e));
    write_line(out_, last_object(call, verbose_));
    return;
  }
  for (std::size_t i = 0; i < c.choices.size(); ++i) {
    if (i > 0)
      say(err_, "choice {}:\n", c.choices[i].index);
    on_choice(c.choices[i]);
  }
  if (verbose_)
    print_details(err_, call);
  if (!quiet_)
    say(err_, "{}\n", summary(call));
}

void printer::on_choice(const choice& c) {
  if (verbose_ && !c.reasoning.empty())
    say(err_, "{}\n", c.reasoning);
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
  if (json_)
    write_line(out_, last_object(call, verbose_));
  else if (verbose_)
    print_attempts(err_, call);
}

void printer::on_failure(const failure& f) {
  call_record nothing;
  nothing.outcome = outcome_of(f);
  nothing.failure = f;
  on_failure(nothing);
}

std::string to_json(const explained_request& r) {
  json::object o;
  o["method"] = r.method;
  o["url"] = r.url;
  json::object headers;
  for (const auto& [key, value] : r.headers)
    headers[key] = http::names_key(key) && !value.ends_with("***") ? "***" : value;
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
