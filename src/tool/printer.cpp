#include "tool/printer.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>

#include "codec/json.hpp"
#include "tool/duration.hpp"

namespace weir::cli {

namespace json = codec::json;

namespace {

void write_line(std::FILE* out, const json::value& v) {
  fmt::print(out, "{}\n", codec::to_text(v));
  std::fflush(out);
}

double milliseconds(duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

json::value optional_ms(duration d) { return d == duration() ? json::value(nullptr) : json::value(milliseconds(d)); }

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
    o["code"] = name(static_cast<errc>(f.code().value()));
  else
    o["code"] = f.code().message();
  o["message"] = f.message();
  if (f.status())
    o["status"] = f.status();
  if (!f.remote().empty())
    o["remote"] = f.remote();
  if (!f.remote_code().empty())
    o["remote_code"] = f.remote_code();
  if (!f.request_id().empty())
    o["request_id"] = f.request_id();
  if (f.retry_after())
    o["retry_after_ms"] = milliseconds(*f.retry_after());
  return o;
}

json::value to_json(const attempt& a) {
  json::object o;
  o["provider"] = a.provider;
  o["model"] = a.model;
  o["url"] = a.url;
  o["reused"] = a.connection.reused;
  o["resolve_ms"] = optional_ms(a.connection.resolve);
  o["connect_ms"] = optional_ms(a.connection.connect);
  o["tls_ms"] = optional_ms(a.connection.handshake);
  o["first_byte_ms"] = optional_ms(a.first_byte);
  o["first_token_ms"] = optional_ms(a.first_token);
  o["ended_ms"] = optional_ms(a.ended);
  o["status"] = a.status ? json::value(a.status) : json::value(nullptr);
  o["bytes"] = a.bytes;
  o["events"] = a.events;
  o["error"] = to_json(a.failure);
  return o;
}

json::value to_json(const event& e) {
  json::object o;
  o["type"] = name(e.type());
  switch (e.type()) {
  case event::kind::tool_call:
    o["index"] = e.tool_index();
    if (!e.tool_id().empty())
      o["id"] = e.tool_id();
    if (!e.tool_name().empty())
      o["name"] = e.tool_name();
    o["arguments"] = e.content();
    break;
  case event::kind::finish: o["finish_reason"] = e.finish_reason(); break;
  case event::kind::usage:
    if (e.usage())
      o["usage"] = to_json(*e.usage());
    break;
  default: o["text"] = e.content();
  }
  if (e.choice() != 0)
    o["choice"] = e.choice();
  return o;
}

json::object ending(outcome o, const std::string& finish_reason, const usage& u, duration first, duration total,
                    const failure& f) {
  json::object last;
  last["outcome"] = name(o);
  last["finish_reason"] = finish_reason.empty() ? json::value(nullptr) : json::value(finish_reason);
  last["usage"] = to_json(u);
  last["cost"] = u.cost ? json::value(*u.cost) : json::value(nullptr);
  last["ttft_ms"] = optional_ms(first);
  last["total_ms"] = milliseconds(total);
  if (f)
    last["error"] = to_json(f);
  return last;
}

void print_attempt(std::FILE* err, const attempt& a) {
  std::string line = fmt::format("  {} {}", a.provider, a.url);
  const auto add = [&line](std::string_view what, duration d) {
    if (d != duration())
      line += fmt::format(" · {} {}", what, format_duration(d));
  };
  if (a.connection.reused)
    line += " · reused connection";
  add("resolve", a.connection.resolve);
  add("connect", a.connection.connect);
  add("proxy", a.connection.proxy);
  add(a.connection.resumed ? "TLS resumed" : "TLS", a.connection.handshake);
  if (a.status)
    line += fmt::format(" · status {}", a.status);
  add("first byte at", a.first_byte);
  add("first token at", a.first_token);
  add("ended at", a.ended);
  if (a.events)
    line += fmt::format(" · {} events, {} bytes", a.events, a.bytes);
  fmt::print(err, "{}\n", line);
}

std::string summary(outcome o, const std::string& finish_reason, const usage& u, duration first, duration total) {
  std::string line = std::string(name(o));
  if (!finish_reason.empty())
    line += fmt::format(" ({})", finish_reason);
  if (u.prompt_tokens || u.completion_tokens)
    line += fmt::format(" · {} tokens in, {} out", u.prompt_tokens ? std::to_string(*u.prompt_tokens) : "?",
                        u.completion_tokens ? std::to_string(*u.completion_tokens) : "?");
  if (u.cost)
    line += fmt::format(" · ${:.6f}", *u.cost);
  if (first != duration())
    line += fmt::format(" · first token {}", format_duration(first));
  return line + fmt::format(" · {}", format_duration(total));
}

outcome outcome_of(const failure& f) {
  if (f.code() == errc::cancelled)
    return outcome::cancelled;
  if (f.code() == errc::deadline_exceeded)
    return outcome::deadline;
  if (f.code() == errc::first_token_timeout || f.code() == errc::stalled)
    return outcome::stalled;
  return outcome::failed;
}

bool carries_a_key(std::string_view header) {
  static constexpr std::array names{"authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"};
  return std::any_of(names.begin(), names.end(), [header](std::string_view n) {
    return std::equal(n.begin(), n.end(), header.begin(), header.end(),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  });
}

} // namespace

std::string harmless(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are controls too: C2 80 to C2 9F.
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += replacement;
      ++i;
    } else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
      out += replacement;
    } else {
      out += text[i];
    }
  }
  return out;
}

printer::printer(bool json, bool verbose, bool quiet, std::FILE* out, std::FILE* err)
    : json_(json), verbose_(verbose), quiet_(quiet), terminal_(::isatty(::fileno(out)) == 1), out_(out), err_(err) {}

void printer::put(std::string_view text) {
  if (text.empty())
    return;
  last_ = text.back();
  if (terminal_)
    fmt::print(out_, "{}", harmless(text));
  else
    std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

void printer::end_line() {
  if (last_ != '\n')
    put("\n");
  if (reasoning_)
    fmt::print(err_, "\n");
  reasoning_ = false;
}

void printer::tool_calls(const completion& c) {
  for (const auto& call : c.tool_calls())
    put(fmt::format("{}({})\n", call.name, call.arguments));
}

void printer::on_event(const event& e) {
  if (json_) {
    write_line(out_, to_json(e));
  } else if (e.is(event::kind::tool_call)) {
    seen_.add(e);
  } else if (e.is(event::kind::reasoning)) {
    if (verbose_ && !e.content().empty()) {
      fmt::print(err_, "{}", harmless(e.content()));
      reasoning_ = e.content().back() != '\n';
    }
  } else {
    const auto text = e.is(event::kind::refusal) ? std::string_view(e.content()) : e.text();
    if (reasoning_ && !text.empty())
      end_line();
    put(text);
  }
}

void printer::on_end(const reply& r) {
  const auto& a = r.attempt();
  if (json_) {
    auto last = ending(r.outcome(), r.finish_reason(), r.usage(), a.first_token, a.ended, r.failure());
    json::array attempts;
    attempts.push_back(to_json(a));
    last["attempts"] = std::move(attempts);
    write_line(out_, last);
    return;
  }
  end_line();
  tool_calls(seen_);
  if (verbose_)
    print_attempt(err_, a);
  if (!quiet_)
    fmt::print(err_, "{}\n", summary(r.outcome(), r.finish_reason(), r.usage(), a.first_token, a.ended));
}

void printer::on_completion(const completion& c, const attempt& record) {
  if (json_) {
    if (!c.reasoning().empty())
      write_line(out_, to_json(event(event::kind::reasoning, c.reasoning())));
    if (!c.text().empty())
      write_line(out_, to_json(event(event::kind::text, c.text())));
    std::uint32_t index = 0;
    for (const auto& call : c.tool_calls()) {
      auto more = std::make_shared<event::details>();
      more->tool_index = index++;
      more->tool_id = call.id;
      more->tool_name = call.name;
      write_line(out_, to_json(event(event::kind::tool_call, call.arguments, 0, std::move(more))));
    }
    auto last = ending(c.outcome, c.finish_reason(), c.usage, {}, record.ended, c.failure);
    json::array attempts;
    attempts.push_back(to_json(record));
    last["attempts"] = std::move(attempts);
    write_line(out_, last);
    return;
  }
  if (verbose_ && !c.reasoning().empty())
    fmt::print(err_, "{}\n", harmless(c.reasoning()));
  put(c.text());
  end_line();
  tool_calls(c);
  if (verbose_)
    print_attempt(err_, record);
  if (!quiet_)
    fmt::print(err_, "{}\n", summary(c.outcome, c.finish_reason(), c.usage, {}, record.ended));
}

void printer::on_failure(const failure& f) {
  if (!json_)
    return;
  auto last = ending(outcome_of(f), {}, {}, {}, {}, f);
  last["attempts"] = json::array();
  write_line(out_, last);
}

void printer::on_failure(const failure& f, const attempt& record) {
  if (json_) {
    auto last = ending(outcome_of(f), {}, {}, {}, record.ended, f);
    json::array attempts;
    if (f.code() != condition::configuration)
      attempts.push_back(to_json(record));
    last["attempts"] = std::move(attempts);
    write_line(out_, last);
  } else if (verbose_) {
    print_attempt(err_, record);
  }
}

std::string to_json(const explained_request& r) {
  json::object o;
  o["method"] = r.method;
  o["url"] = r.url;
  json::object headers;
  for (const auto& [key, value] : r.headers)
    headers[key] = carries_a_key(key) && !value.ends_with("***") ? "***" : value;
  o["headers"] = std::move(headers);
  error_code ec;
  auto body = codec::parse_json(r.body, ec);
  o["body"] = ec ? json::value(r.body) : std::move(body);
  return codec::to_text(o);
}

} // namespace weir::cli
