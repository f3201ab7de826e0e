#include "provider/tasks/answers.hpp"

#include <weir/core/base64.hpp>

#include "codec/text/sniff.hpp"
#include "provider/tasks/task_fields.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

// How much of a body is inspected to find out what it is.
constexpr std::size_t looked_at = 1024;

[[noreturn]] void lacks(std::string_view key, std::string_view kind) {
  unexpected("an element without " + std::string(key) + " (" + std::string(kind) + ")");
}

media image_at(const json::value& v) {
  if (codec::string_at(v, "b64_json"))
    return needed_bytes(v, "b64_json");
  if (const auto url = codec::string_at(v, "url"))
    return media_at(*url);
  lacks("b64_json or url", "a string");
}

media output_at(const json::value& v) {
  if (!v.is_string())
    unexpected("an output that is not a URL");
  return media_at(std::string_view(v.get_string()));
}

media_result media_of_json(const json::value& body) {
  media_result r;
  if (const auto* data = codec::array_at(body, "data"))
    for (const auto& one : *data)
      r.items.push_back(image_at(one));
  else if (const auto* outputs = codec::array_at(body, "output"))
    for (const auto& one : *outputs)
      r.items.push_back(output_at(one));
  else if (const auto* output = codec::find(body, "output"))
    r.items.push_back(output_at(*output));
  if (r.items.empty())
    unexpected("neither a file nor data nor output");
  return r;
}

std::optional<double> seconds_at(const json::array& pair, std::size_t i) {
  if (pair.size() <= i || !pair[i].is_number())
    return std::nullopt;
  return pair[i].to_number<double>();
}

transcript_chunk read_chunk(const json::value& v) {
  transcript_chunk s;
  s.text = needed_text(v, "text");
  s.start = codec::number_at(v, "start");
  s.end = codec::number_at(v, "end");
  if (const auto* pair = codec::array_at(v, "timestamp")) {
    s.start = seconds_at(*pair, 0);
    s.end = seconds_at(*pair, 1);
  }
  return s;
}

} // namespace

bool is_json(const http::response_head& head, std::string_view body) noexcept {
  switch (codec::sniff(body.substr(0, looked_at))) {
  case codec::content::json: {
    // Audio and text may begin with a bracket.
    const auto type = head.headers.get("content-type");
    error_code ec;
    return type.empty() || type.find("json") != type.npos || (codec::parse_json(body, ec), !ec);
  }
  case codec::content::nothing:
  case codec::content::text: return head.headers.get("content-type").find("json") != std::string_view::npos;
  default: return false;
  }
}

void refuse_page(std::string_view start) {
  if (codec::sniff(start.substr(0, looked_at)) == codec::content::page)
    unexpected("an HTML page instead of a file");
}

const json::array& list_of(const json::value& v) {
  const auto* list = v.if_array();
  if (!list)
    unexpected("not a list");
  return *list;
}

std::string needed_text(const json::value& v, std::string_view key) {
  const auto text = codec::string_at(v, key);
  if (!text)
    lacks(key, "a string");
  return std::string(*text);
}

double needed_number(const json::value& v, std::string_view key) {
  const auto number = codec::number_at(v, key);
  if (!number)
    lacks(key, "a number");
  return *number;
}

media needed_bytes(const json::value& v, std::string_view key, std::string_view content_type) {
  const auto text = codec::string_at(v, key);
  if (!text)
    lacks(key, "bytes in base64");
  if (auto inside = read_data_url(*text))
    return std::move(*inside);
  auto bytes = decode_base64(*text, base64_space::skip);
  if (!bytes || bytes->empty())
    unexpected(std::string(key) + " that is not base64");
  return media(std::move(*bytes), std::string(content_type));
}

media_result read_media(const http::response_head& head, std::string body) {
  if (is_json(head, body))
    return media_of_json(read_json(body));
  refuse_page(body);
  if (head.headers.get("content-type").starts_with("text/") && content_type_of(body).empty())
    unexpected("text instead of a file");
  media_result r;
  r.items.push_back(media_of(head, std::move(body)));
  return r;
}

std::vector<media*> media_in(media_result& r) {
  std::vector<media*> all;
  all.reserve(r.items.size());
  for (auto& m : r.items)
    all.push_back(&m);
  return all;
}

std::vector<media*> media_in(audio_tracks& r) {
  std::vector<media*> all;
  all.reserve(r.tracks.size());
  for (auto& t : r.tracks)
    all.push_back(&t.sound);
  return all;
}

std::vector<media*> media_in(segmentation& r) {
  std::vector<media*> all;
  all.reserve(r.segments.size());
  for (auto& s : r.segments)
    all.push_back(&s.mask);
  return all;
}

std::vector<media*> media_in(transcription&) { return {}; }

transcription read_transcription(const http::response_head& head, std::string body) {
  transcription t;
  if (!is_json(head, body)) {
    refuse_page(body);
    if (codec::sniff(std::string_view(body).substr(0, looked_at)) == codec::content::binary)
      unexpected("neither JSON nor text");
    t.text = std::move(body);
    return t;
  }
  const auto v = read_json(body);
  t.text = needed_text(v, "text");
  t.language = codec::string_at(v, "language").value_or("");
  t.duration = codec::number_at(v, "duration");
  for (const auto* key : {"chunks", "segments", "words"})
    if (const auto* list = codec::array_at(v, key); list && t.chunks.empty())
      for (const auto& one : *list)
        t.chunks.push_back(read_chunk(one));
  return t;
}

} // namespace weir::inline v0::provider
