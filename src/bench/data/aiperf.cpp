// AIPerf's own lines: single_turn, multi_turn and random_pool.
#include <algorithm>
#include <array>

#include <weir/core/error.hpp>
#include <weir/task/chat.hpp>

#include "bench/data/shape.hpp"

namespace weir::inline v0::data {

namespace json = codec::json;

namespace {

constexpr std::uint64_t longest_answer = 10'000'000;
constexpr std::array<std::string_view, 7> content_names = {"texts",  "image", "images", "audio",
                                                           "audios", "video", "videos"};
// Which make a line with a "text" one of AIPerf's, and not a batch's.
constexpr std::array<std::string_view, 5> marks = {"timestamp", "delay", "session_id", "output_length", "extra"};

template <class Names>
bool has_any(const json::object& row, const Names& names) noexcept {
  return std::any_of(names.begin(), names.end(), [&row](std::string_view n) { return codec::find(row, n); });
}

bool is_url(std::string_view text) noexcept {
  return text.starts_with("https://") || text.starts_with("http://") || text.starts_with("data:");
}

json::value text_part(std::string_view text) { return json::object{{"type", "text"}, {"text", text}}; }

// A path, a URL, or as `wav,UklGR…` a format with base64.
json::value media_part(std::string_view kind, std::string_view given) {
  for (const std::string_view format : {"wav", "mp3"})
    if (kind == "audio" && given.starts_with(format) && given.substr(format.size()).starts_with(','))
      return json::object{{"type", "input_audio"},
                          {"input_audio", json::object{{"data", given.substr(format.size() + 1)}, {"format", format}}}};
  std::string url(given);
  if (!is_url(given))
    url = content_part::file(url).value();
  if (url.starts_with("data:") && kind != "video")
    return json::object{{"type", "file"}, {"file", json::object{{"file_data", url}}}};
  const auto type = std::string(kind) + "_url";
  return json::object{{"type", type}, {type, json::object{{"url", url}}}};
}

json::value part_of(std::string_view kind, const json::value& v, std::string_view key) {
  const auto* s = v.if_string();
  if (!s || s->empty())
    refuse_member(key, "is not a text, or has one that is empty");
  const std::string_view text(s->data(), s->size());
  return kind == "text" ? text_part(text) : media_part(kind, text);
}

// `x`, or `xs` as a list of texts or of objects with `contents`.
void add_parts(json::array& to, const json::object& row, std::string_view kind) {
  if (const auto* one = codec::find(row, kind))
    to.push_back(part_of(kind, *one, kind));
  const auto plural = std::string(kind) + "s";
  const auto* many = codec::find(row, plural);
  if (!many)
    return;
  if (!many->is_array())
    refuse_member(plural, "is not a list");
  for (const auto& one : many->get_array()) {
    const auto* contents = one.is_object() ? codec::array_at(one, "contents") : nullptr;
    if (!contents) {
      to.push_back(part_of(kind, one, plural));
      continue;
    }
    for (const auto& inner : *contents)
      to.push_back(part_of(kind, inner, plural));
  }
}

json::object message_of(const json::object& turn) {
  json::array parts;
  for (const std::string_view kind : {"text", "image", "audio", "video"})
    add_parts(parts, turn, kind);
  if (parts.empty())
    throw error(errc::invalid_argument, "the turn has no text, image, audio or video");
  const auto role = codec::string_at(turn, "role").value_or("user");
  const auto* only = parts.size() == 1 ? codec::find(parts.front(), "text") : nullptr;
  return message_object(role, only ? *only : json::value(std::move(parts)));
}

std::uint64_t output_of(const json::object& turn) {
  const auto* v = codec::find(turn, "output_length");
  if (!v)
    return 0;
  const double n = v->is_number() ? v->to_number<double>() : 0;
  if (!(n >= 1 && n <= static_cast<double>(longest_answer)))
    refuse_member("output_length", "is not a number of tokens from 1 to 10,000,000");
  return static_cast<std::uint64_t>(n);
}

void add_extra(json::object& body, const json::object& turn) {
  if (const auto* extra = codec::object_at(turn, "extra"))
    for (const auto& member : *extra)
      body[member.key()] = member.value();
}

shaped_row conversation(const json::array& turns) {
  if (turns.empty())
    refuse_member("turns", "is empty");
  shaped_row s;
  for (const auto& one : turns) {
    const auto* turn = one.if_object();
    if (!turn)
      refuse_member("turns", "has an element that is not an object");
    auto said = message_of(*turn);
    if (&one == &turns.front()) {
      s.at = time_at(*turn, "timestamp", 1e-3);
      s.output_tokens = output_of(*turn);
      s.body["messages"] = json::array{std::move(said)};
      add_extra(s.body, *turn);
      continue;
    }
    later_turn later;
    later.messages.push_back(std::move(said));
    later.delay = time_at(*turn, "delay", 1e-3).value_or(duration());
    later.output_tokens = output_of(*turn);
    s.turns.push_back(std::move(later));
  }
  return s;
}

shaped_row single(const json::object& row) {
  shaped_row s;
  s.at = time_at(row, "timestamp", 1e-3);
  s.delay = time_at(row, "delay", 1e-3).value_or(duration());
  s.output_tokens = output_of(row);
  if (const auto* session = codec::find(row, "session_id"))
    s.session = input::cell_text(*session);
  s.whole = true; // lines of one session are asked one after the other, each as it is
  s.body["messages"] = json::array{message_of(row)};
  add_extra(s.body, row);
  return s;
}

} // namespace

std::optional<shaped_row> shape_of_aiperf(const json::object& row) {
  const auto* turns = codec::array_at(row, "turns");
  const bool own = has_any(row, content_names) || (codec::find(row, "text") && has_any(row, marks));
  if (!turns && !own)
    return std::nullopt;
  auto s = turns ? conversation(*turns) : single(row);
  s.format = "AIPerf";
  return s;
}

} // namespace weir::inline v0::data
