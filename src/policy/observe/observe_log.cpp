// log_line(): a call as one line of logfmt.
#include <charconv>

#include <weir/policy/observe/observe.hpp>

#include "core/ascii.hpp"
#include "core/time/timestamp.hpp"

namespace weir::inline v0 {

namespace {

bool is_bare(std::string_view v) {
  for (const char c : v)
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == '\x7f')
      return false;
  return !v.empty();
}

class line {
public:
  void add(std::string_view name, std::string_view v) {
    if (!text_.empty())
      text_ += ' ';
    text_.append(name) += '=';
    if (is_bare(v))
      text_.append(v);
    else
      quote(v);
  }
  void add_known(std::string_view name, std::string_view v) {
    if (!v.empty())
      add(name, v);
  }
  void add(std::string_view name, std::uint64_t n) { add(name, std::string_view(std::to_string(n))); }
  void add_ms(std::string_view name, duration d) {
    if (d == duration())
      return;
    char number[48];
    const double ms = std::chrono::duration<double, std::milli>(d).count();
    const auto r = std::to_chars(number, number + sizeof number, ms, std::chars_format::fixed, 1);
    add(name, std::string(number, r.ptr) + "ms");
  }
  std::string take() && { return std::move(text_); }

private:
  void quote(std::string_view v) {
    text_ += '"';
    for (const char c : v) {
      const auto u = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\')
        (text_ += '\\') += c;
      else if (c == '\n')
        text_ += "\\n";
      else if (u < ' ' || u == 0x7f)
        append_hex(text_ += "\\x", u);
      else
        text_ += c;
    }
    text_ += '"';
  }

  std::string text_;
};

} // namespace

std::string log_line(const call_record& call) {
  line out;
  out.add("at", std::string_view(timestamp(call.started)));
  out.add("op", call.operation);
  out.add_known("provider", call.provider);
  out.add_known("model", call.model);
  if (call.info.model != call.model)
    out.add_known("answered_by", call.info.model);
  out.add("outcome", name_of(call.outcome));
  out.add_known("finish", call.finish_reason);
  out.add_ms("first_token", call.first_token);
  out.add_ms("total", call.ended);
  if (call.usage.prompt_tokens)
    out.add("input_tokens", *call.usage.prompt_tokens);
  if (call.usage.completion_tokens)
    out.add("output_tokens", *call.usage.completion_tokens);
  duration queued{};
  bool billed = false;
  unsigned hedges = 0;
  for (const auto& a : call.attempts) {
    queued += a->queued;
    hedges += a->hedge;
    billed = billed || a->maybe_billed;
  }
  out.add("attempts", std::uint64_t(call.attempts.size()));
  if (hedges)
    out.add("hedges", std::uint64_t(hedges));
  out.add_ms("queued", queued);
  if (billed)
    out.add("maybe_billed", std::string_view("true"));
  for (const auto& [name, value] : call.tags)
    out.add("tag." + name, value);
  out.add_known("id", call.info.id);
  if (call.failure) {
    out.add("error", otel_error_type(call.failure));
    if (call.failure.status())
      out.add("status", static_cast<std::uint64_t>(call.failure.status()));
    out.add_known("remote_code", call.failure.remote_code());
    out.add_known("request_id", call.failure.request_id());
    if (call.failure.retry_after())
      out.add_ms("retry_after", *call.failure.retry_after());
    out.add_known("message", call.failure.message());
  }
  return std::move(out).take();
}

} // namespace weir::inline v0
