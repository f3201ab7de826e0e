#include "bench/data/trace.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <weir/core/error.hpp>

#include "batch/input/row.hpp"
#include "bench/data/filler.hpp"
#include "codec/json/object_members.hpp"
#include "core/time/wait_hint.hpp"

namespace weir::inline v0::data {

namespace {

namespace json = codec::json;

constexpr std::uint64_t most_tokens = 10'000'000; // of which a prompt is made in memory

[[noreturn]] void refuse(std::string_view member, std::string_view why) {
  throw error(errc::invalid_argument, "\"" + std::string(member) + "\" " + std::string(why));
}

// Of a cell of a table, or of a JSON number.
std::optional<double> number_in(const json::object& row, std::string_view key) {
  const auto* v = codec::find(row, key);
  if (!v)
    return std::nullopt;
  double d = 0;
  if (const auto* s = v->if_string()) {
    if (s->empty())
      return std::nullopt;
    const auto [end, ec] = std::from_chars(s->data(), s->data() + s->size(), d);
    if (ec != std::errc() || end != s->data() + s->size())
      refuse(key, "is not a number: " + std::string(s->data(), std::min<std::size_t>(s->size(), 64)));
  } else if (v->is_number()) {
    d = v->to_number<double>();
  } else {
    refuse(key, "is not a number");
  }
  if (!std::isfinite(d))
    refuse(key, "is not a number");
  return d;
}

std::uint64_t tokens_in(const json::object& row, std::string_view key) {
  const auto n = number_in(row, key).value_or(0);
  if (n < 0 || n > static_cast<double>(most_tokens))
    refuse(key, "is not a number of tokens from 0 to 10,000,000");
  return static_cast<std::uint64_t>(n);
}

// `2023-11-16 18:17:03.9799600`, as Azure has it, with a zone since 2024; or RFC 3339.
std::optional<duration> date_of(std::string_view given) {
  std::string text(given);
  if (text.size() <= 11)
    return std::nullopt;
  if (text[10] == ' ')
    text[10] = 'T';
  if (text.find_first_of("Z+-", 11) == std::string::npos)
    text += 'Z';
  const auto t = parse_rfc3339(text);
  if (!t || t->time_since_epoch() < duration())
    return std::nullopt;
  return std::chrono::duration_cast<duration>(t->time_since_epoch());
}

std::vector<std::uint64_t> blocks_in(const json::object& row) {
  std::vector<std::uint64_t> all;
  const auto* list = codec::array_at(row, "hash_ids");
  if (!list)
    return all;
  for (const auto& v : *list) {
    if (v.is_uint64())
      all.push_back(v.get_uint64());
    else if (v.is_int64())
      all.push_back(static_cast<std::uint64_t>(v.get_int64()));
    else
      refuse("hash_ids", "is not a list of whole numbers");
  }
  return all;
}

duration needed(const json::object& row, std::string_view key) {
  const auto t = time_at(row, key, 1);
  if (!t)
    refuse(key, "is missing");
  return *t;
}

trace_entry mooncake(const json::object& row) {
  trace_entry e;
  e.at = time_at(row, "timestamp", 1e-3);
  e.delay = time_at(row, "delay", 1e-3).value_or(duration());
  e.input_tokens = tokens_in(row, "input_length");
  e.output_tokens = tokens_in(row, "output_length");
  e.blocks = blocks_in(row);
  e.block_tokens = 512;
  if (const auto* session = codec::find(row, "session_id"))
    e.session = input::cell_text(*session);
  if (const auto text = codec::string_at(row, "text_input"))
    e.text = *text;
  if (const auto* a = codec::array_at(row, "messages"))
    e.messages = *a;
  if (const auto* a = codec::array_at(row, "tools"))
    e.tools = *a;
  if (const auto* o = codec::object_at(row, "payload"))
    e.body = *o;
  if (const auto* o = codec::object_at(row, "extra"))
    e.extra = *o;
  const bool delta = codec::string_at(row, "message_mode") == "delta";
  e.whole = (!e.messages.empty() && !delta) || !e.body.empty() ||
            codec::string_at(row, "context_mode") == "message_array_with_responses";
  if (!e.text && e.messages.empty() && e.body.empty() && e.input_tokens == 0)
    throw error(errc::invalid_argument, "there is no prompt: no input_length, text_input, messages or payload");
  return e;
}

trace_entry bailian(const json::object& row) {
  trace_entry e;
  e.at = needed(row, "timestamp");
  e.input_tokens = tokens_in(row, "input_length");
  e.output_tokens = tokens_in(row, "output_length");
  e.blocks = blocks_in(row);
  e.block_tokens = 16;
  return e;
}

trace_entry burst_gpt(const json::object& row) {
  trace_entry e;
  e.at = needed(row, "Timestamp");
  e.input_tokens = tokens_in(row, "Request tokens");
  e.output_tokens = tokens_in(row, "Response tokens");
  e.failed = e.output_tokens == 0;
  return e;
}

trace_entry azure(const json::object& row) {
  trace_entry e;
  e.at = needed(row, "TIMESTAMP");
  e.input_tokens = tokens_in(row, "ContextTokens");
  e.output_tokens = tokens_in(row, "GeneratedTokens");
  e.images = tokens_in(row, "NumImages");
  return e;
}

} // namespace

std::optional<duration> time_at(const json::object& row, std::string_view key, double unit) {
  if (const auto text = codec::string_at(row, key))
    if (const auto date = date_of(*text))
      return date;
  const auto t = number_in(row, key);
  if (!t)
    return std::nullopt;
  if (*t < 0 || *t * unit > 4e9) // over a century
    refuse(key, "is not a time");
  return duration(static_cast<duration::rep>(std::llround(*t * unit * 1e9)));
}

const char* name_of(trace_kind kind) noexcept {
  switch (kind) {
  case trace_kind::mooncake: return "Mooncake";
  case trace_kind::bailian: return "Bailian";
  case trace_kind::burst_gpt: return "BurstGPT";
  case trace_kind::azure: return "Azure";
  }
  return "";
}

std::optional<trace_kind> trace_of(const json::object& row) noexcept {
  const auto has = [&row](std::string_view key) { return row.contains(key); };
  if (has("chat_id") && has("parent_chat_id") && has("timestamp"))
    return trace_kind::bailian;
  if (has("Timestamp") && has("Request tokens"))
    return trace_kind::burst_gpt;
  if (has("TIMESTAMP") && has("ContextTokens"))
    return trace_kind::azure;
  if (has("text_input") || has("payload"))
    return trace_kind::mooncake;
  const bool marked = has("timestamp") || has("delay") || has("session_id") || has("output_length");
  if (marked && (has("input_length") || has("messages")))
    return trace_kind::mooncake;
  return has("input_length") && has("hash_ids") ? std::optional(trace_kind::mooncake) : std::nullopt;
}

trace_entry read_trace(trace_kind kind, const json::object& row) {
  switch (kind) {
  case trace_kind::mooncake: return mooncake(row);
  case trace_kind::bailian: return bailian(row);
  case trace_kind::burst_gpt: return burst_gpt(row);
  case trace_kind::azure: return azure(row);
  }
  return {};
}

std::string prompt_of(const prompt_shape& shape, std::uint64_t seed) {
  constexpr std::uint64_t apart = 0x9e3779b97f4a7c15; // so that no block has the text of a seed
  std::string text;
  auto left = shape.input_tokens;
  for (const auto block : shape.blocks) {
    const auto size = std::min(left, shape.block_tokens);
    append_filler(text, block * apart + 1, size);
    left -= size;
  }
  append_filler(text, ~(seed * apart), left);
  return text;
}

} // namespace weir::inline v0::data
