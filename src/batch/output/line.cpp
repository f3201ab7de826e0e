#include "batch/output/line.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "batch/output/columns.hpp"
#include "batch/output/error_text.hpp"
#include "batch/output/object_writer.hpp"
#include "core/stable_hash.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace {

// The same for an item in every run.
std::string request_id(const std::string& id) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "batch_req_%016llx", static_cast<unsigned long long>(stable_hash(id)));
  return digits;
}

double rounded_milliseconds(duration d) { return in_milliseconds(std::chrono::round<std::chrono::microseconds>(d)); }

bool is_answer(const batch_result& r) noexcept {
  return r.outcome == outcome::complete || r.outcome == outcome::length || r.outcome == outcome::filtered;
}

std::string refusal_body(const failure& f) {
  std::string out, inner;
  object_writer e(inner);
  e.text("message", f.remote().empty() ? f.message() : f.remote());
  if (f.remote_code().empty())
    e.null("code");
  else
    e.text("code", f.remote_code());
  e.close();
  object_writer o(out);
  o.raw("error", inner);
  o.close();
  return out;
}

std::string response(const batch_result& r) {
  const bool answered = is_answer(r) && !r.body.empty();
  if (!answered && r.failure.status() < 400)
    return "null";
  std::string out;
  object_writer o(out);
  o.number("status_code", answered ? 200 : r.failure.status());
  if (answered || r.failure.request_id().empty())
    o.null("request_id");
  else
    o.text("request_id", r.failure.request_id());
  o.raw("body", answered ? as_json_line(r.body) : refusal_body(r.failure));
  o.close();
  return out;
}

std::string error_object(const batch_result& r, bool with_status) {
  std::string out;
  object_writer o(out);
  o.text("code", error_code_of(r));
  o.text("message", error_message_of(r));
  if (with_status && r.failure.status() != 0)
    o.number("status", r.failure.status());
  o.close();
  return out;
}

void text_or_null(object_writer& o, std::string_view key, std::string_view value) {
  if (value.empty())
    o.null(key);
  else
    o.text(key, value);
}

std::string account(const batch_result& r) {
  std::string out;
  object_writer o(out);
  o.text("outcome", name_of(r.outcome));
  text_or_null(o, "provider", r.provider);
  text_or_null(o, "model", r.model);
  o.number("attempts", r.attempts);
  o.number("calls", r.calls);
  o.number("latency_ms", rounded_milliseconds(r.took));
  if (r.first_token == duration())
    o.null("ttft_ms");
  else
    o.number("ttft_ms", rounded_milliseconds(r.first_token));
  // Its text is a number with all its digits.
  o.raw("cost", r.cost ? r.cost->text() : "null");
  text_or_null(o, "currency", r.currency);
  o.flag("estimated", r.cost_estimated);
  o.flag("cached", r.cache_hit);
  text_or_null(o, "same_as", r.same_as);
  o.text_if("origin", r.origin);
  if (!is_answer(r) && !r.body.empty())
    o.raw("partial", as_json_line(r.body));
  o.close();
  return out;
}

bool names(const std::vector<column>& row, const std::string& id) {
  return std::any_of(row.begin(), row.end(), [&id](const column& c) {
    return c.text == id && (c.name == "custom_id" || c.name == "id" || c.name == "key");
  });
}

} // namespace

std::string result_line(const batch_result& r) {
  std::string out;
  object_writer o(out);
  o.text("id", request_id(r.id));
  o.text("custom_id", r.id);
  o.raw("response", response(r));
  o.raw("error", is_answer(r) ? "null" : error_object(r, false));
  if (const auto columns = columns_object(r.columns); !columns.empty())
    o.raw("columns", columns);
  o.raw("weir", account(r));
  o.close();
  return out;
}

std::string failure_line(const batch_result& r, std::string_view row) {
  auto members = columns_of(row.empty() ? std::string_view(r.columns) : row);
  std::string out;
  object_writer o(out);
  if (!names(members, r.id)) {
    o.text("custom_id", r.id);
    std::erase_if(members, [](const column& c) { return c.name == "custom_id"; });
  }
  for (const auto& c : members)
    o.raw(c.name, c.json);
  o.raw("weir_error", error_object(r, true));
  o.text_if("weir_origin", r.origin);
  o.close();
  return out;
}

} // namespace weir::inline v0
