// Audio input and output.
#include <weir/core/base64.hpp>
#include <weir/task/media.hpp>

#include "sim/answer/text.hpp"
#include "sim/protocol.hpp"
#include "sim/tasks/media.hpp"
#include "sim/tasks/tasks.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint32_t per_word = 120; // milliseconds
constexpr std::string_view heard = "a man said to the weir sir I exist";

std::string spoken(std::string_view text) {
  return make_wav(seed_of(text),
                  static_cast<std::uint32_t>(per_word * std::min<std::uint64_t>(count_words(text) + 1, 100)));
}

bool is_sound(std::string_view bytes) {
  const auto type = content_type_of(bytes);
  return type.starts_with("audio/") || type.starts_with("video/");
}

json::array timed() {
  json::array all;
  all.push_back(json::object{{"text", "a man said to the weir"}, {"timestamp", json::array{0.0, 1.5}}});
  all.push_back(json::object{{"text", " sir I exist"}, {"timestamp", json::array{1.5, nullptr}}});
  return all;
}

/// The value of a part of a form; nothing if there is no part of that name.
std::optional<std::string_view> part_named(std::string_view body, std::string_view name) {
  const auto mark = "name=\"" + std::string(name) + "\"";
  const auto at = body.find(mark);
  if (at == body.npos)
    return std::nullopt;
  const auto begin = body.find("\r\n\r\n", at);
  const auto delimiter = body.substr(0, body.find("\r\n"));
  if (begin == body.npos || delimiter.size() < 3)
    return std::nullopt;
  const auto end = body.find("\r\n" + std::string(delimiter), begin + 2);
  if (end == body.npos)
    return std::nullopt;
  return body.substr(begin + 4, end - begin - 4);
}

} // namespace

plan answer_audio_task(task_kind what, const task_ask& a) {
  if (what == task_kind::text_to_speech || what == task_kind::text_to_audio) {
    if (a.texts.empty())
      return hf_error("Error in `inputs`: field required");
    return media_plan("audio/wav", spoken(a.texts.front()));
  }
  if (!is_sound(a.bytes))
    return hf_error("Malformed soundfile");
  if (what == task_kind::audio_classification)
    return json_plan(200, scored({"speech", "water", "music"}, seed_of(a.bytes), a.count("top_k", 3)));
  if (what == task_kind::audio_to_audio) {
    json::array all;
    for (const auto* label : {"label_0", "label_1"})
      all.push_back(json::object{
          {"label", label}, {"blob", encode_base64(make_wav(seed_of(label), 50))}, {"content-type", "audio/wav"}});
    return json_plan(200, all);
  }
  json::object out{{"text", heard}};
  if (const auto* times = a.parameter("return_timestamps"); times && *times == true)
    out["chunks"] = timed();
  return json_plan(200, out);
}

plan answer_speech(const json::value& body) {
  const auto input = codec::string_at(body, "input");
  if (!input)
    return openai_error(400, "input is required.", "invalid_request_error", "missing_input");
  return media_plan("audio/wav", spoken(*input));
}

plan answer_transcription(const request& r) {
  const auto file = part_named(r.body, "file");
  if (!file || !part_named(r.body, "model"))
    return openai_error(400, "The form needs the parts file and model.", "invalid_request_error", "invalid_form");
  if (!is_sound(*file) && !file->starts_with("http"))
    return openai_error(400, "The file is not audio.", "invalid_request_error", "invalid_file");
  const auto format = part_named(r.body, "response_format").value_or("json");
  if (format == "text")
    return media_plan("text/plain; charset=utf-8", std::string(heard));
  json::object out{{"text", heard}};
  if (format == "verbose_json" || part_named(r.body, "return_timestamps") == "true") {
    json::array segments;
    segments.push_back(json::object{{"id", 0}, {"start", 0.0}, {"end", 1.5}, {"text", "a man said to the weir"}});
    segments.push_back(json::object{{"id", 1}, {"start", 1.5}, {"end", 2.25}, {"text", " sir I exist"}});
    out["segments"] = std::move(segments);
    out["language"] = "en";
    out["duration"] = 2.25;
  }
  return json_plan(200, out);
}

} // namespace weir::inline v0::sim
