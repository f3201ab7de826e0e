#include "provider/response/in_band_error.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/ascii.hpp"
#include "provider/response/error_words.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

bool contains(std::string_view text, std::string_view lower_case) noexcept {
  const auto same = [](char a, char b) { return to_lower(a) == b; };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same) != text.end();
}

bool equals(const codec::node& v, std::string_view lower_case) noexcept {
  return v.is_string() && equal_ignoring_case(v.get_string(), lower_case);
}

// Anything other than null, false, 0 and empty; an empty object counts.
bool is_something(const codec::node& v) noexcept {
  switch (v.kind()) {
  case json::kind::null: return false;
  case json::kind::bool_: return v.get_bool();
  case json::kind::int64: return v.get_int64() != 0;
  case json::kind::uint64: return v.get_uint64() != 0;
  case json::kind::double_: return v.get_double() != 0;
  case json::kind::string: return !v.get_string().empty();
  case json::kind::array: return !v.empty();
  case json::kind::object: return true;
  }
  return false;
}

bool is_error_status(const codec::node& v) noexcept {
  return v.is_int64() && v.get_int64() >= 400 && v.get_int64() < 600;
}

bool says_error(const codec::node& v) noexcept {
  return equals(v, "error") || equals(v, "failed") || equals(v, "failure") || equals(v, "fail");
}

// Members that answers have: a message beside them is not an error.
bool is_of_an_answer(std::string_view key, const codec::node& v) noexcept {
  switch (key.front()) {
  case 'c': return key == "content" || ((key == "choices" || key == "candidates") && is_something(v));
  case 'd': return key == "delta" || key == "done";
  case 'g': return key == "generated_text";
  case 'm': return key == "message" && v.is_object();
  case 'o': return key == "output";
  case 'r': return key == "response";
  case 't': return key == "token";
  default: return false;
  }
}

bool is_name_of_error(std::string_view key) noexcept {
  constexpr std::array names{"error",    "errors", "err",          "errorcode", "errcode",
                             "errormsg", "errmsg", "errormessage", "exception"};
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return same_name(key, name); });
}

// Bedrock: {"throttlingException": {"message": "…"}}
bool is_named_exception(std::string_view key, const codec::node& v) noexcept {
  return v.is_object() && key.ends_with("xception");
}

// What one member indicates; `words` and `number` collect what only means something together.
alarm alarm_of(std::string_view key, const codec::node& v, bool& words, bool& number) noexcept {
  const auto error_if = [](bool b) { return b ? alarm::error : alarm::none; };
  if (is_named_exception(key, v))
    return alarm::error;
  switch (key.front()) {
  case 'e':
  case 'E': return error_if((is_name_of_error(key) && is_something(v)) || (key == "event" && equals(v, "error")));
  case 'o': return error_if((key == "object" && equals(v, "error")) || (key == "ok" && v.is_bool() && !v.get_bool()));
  case 's':
    if (key == "success")
      return error_if(v.is_bool() && !v.get_bool());
    if (key == "status" || key == "status_code" || key == "statusCode") {
      number = number || is_error_status(v);
      return error_if(says_error(v));
    }
    return alarm::none;
  case 't':
    words = words || (key == "title" && is_something(v));
    return error_if((key == "type" && equals(v, "error")) || (key == "traceback" && is_something(v)));
  case 'c': number = number || (key == "code" && is_error_status(v)); return alarm::none;
  case 'f': return error_if(key == "fault" && is_something(v));
  case 'b':
    if (key == "base_resp")
      return error_if(codec::int_at(v, "status_code").value_or(0) != 0);
    return alarm::none;
  case 'm':
  case 'M':
    words = words || ((key == "message" || key == "msg" || key == "Message") && is_something(v));
    return alarm::none;
  case 'd': words = words || ((key == "detail" || key == "details") && is_something(v)); return alarm::none;
  case '_': return error_if(key == "__type" && v.is_string() && contains(v.get_string(), "exception"));
  default: return alarm::none;
  }
}

} // namespace

bool is_foreign(const codec::node& o) noexcept {
  constexpr std::array<std::string_view, 14> names{"type",          "object",  "choices", "candidates",    "usage",
                                                   "usageMetadata", "token",   "delta",   "message",       "done",
                                                   "model",         "content", "output",  "generated_text"};
  for (const auto member : o.members())
    if (std::find(names.begin(), names.end(), member.key()) != names.end())
      return false;
  return true;
}

alarm alarm_in(const codec::node& o) noexcept {
  bool words = false, number = false, answer = false;
  for (const auto member : o.members()) {
    const auto key = member.key();
    if (key.empty())
      continue;
    if (is_of_an_answer(key, member.value()))
      answer = true;
    else if (alarm_of(key, member.value(), words, number) == alarm::error)
      return alarm::error;
  }
  if (answer || !words)
    return alarm::none;
  return number ? alarm::error : alarm::maybe;
}

bool is_alarm(std::string_view event_type) noexcept {
  return !event_type.empty() && (contains(event_type, "error") || contains(event_type, "exception"));
}

bool sounds_wrong(std::string_view text) noexcept {
  constexpr std::array words{"error",       "exception",  "fail",    "traceback",
                             "unavailable", "overloaded", "timeout", "timed out"};
  return std::any_of(words.begin(), words.end(), [&](const char* w) { return contains(text, w); });
}

bool is_blank_data(std::string_view data) noexcept {
  const auto first = data.find_first_not_of(" \t\r\n");
  if (first == data.npos || data[first] == ':')
    return true;
  data = data.substr(first, data.find_last_not_of(" \t\r\n") + 1 - first);
  return data == "null" || data == "[]" || data == "{}" || data == "\"\"";
}

bool is_keep_alive(std::string_view text) noexcept {
  std::string letters;
  for (const char c : text.substr(0, 64))
    if (const auto l = to_lower(c); l >= 'a' && l <= 'z')
      letters.push_back(l);
  constexpr std::array words{"ping", "pong",      "keepalive",  "heartbeat", "alive",
                             "noop", "connected", "processing", "waiting"};
  return text.size() <= 64 && std::find(words.begin(), words.end(), letters) != words.end();
}

} // namespace weir::inline v0::provider
