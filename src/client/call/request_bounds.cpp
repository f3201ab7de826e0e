#include "client/call/request_bounds.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>
#include <variant>

#include "client/call/token_counts.hpp"

namespace weir::inline v0 {

namespace {

using enum usage_unit;

// An answer's tokens where the request sets no limit: a guess for reservations, which are settled with what was really
// used.
constexpr std::uint64_t usual_completion = 512;
constexpr std::uint64_t message_overhead = 4;
constexpr std::uint64_t most_of_made_image = 6240;
constexpr double made_image_size = 1024.0 * 1536;
constexpr std::uint64_t milliseconds_per_character = 200;
constexpr std::uint64_t audio_per_second = 32;
constexpr std::uint64_t words_per_second = 8; // as tokens
constexpr double slowest_frames = 8;          // a second
constexpr double largest_number = 1e9;

using extra_members = std::vector<std::pair<std::string, std::string>>;

// The text of a JSON string, as far as service tiers and speeds have any; empty for anything else.
std::string plain_text(std::string_view json) {
  const bool quoted = json.size() >= 2 && json.front() == '"' && json.back() == '"';
  return quoted ? std::string(json.substr(1, json.size() - 2)) : std::string();
}

void take_service(request_bound& to, const extra_members& extra) {
  for (const auto& [name, json] : extra)
    if (name == "service_tier")
      to.service_tier = plain_text(json);
    else if (name == "speed")
      to.speed = plain_text(json);
}

std::uint64_t limit_or_usual(std::optional<std::int64_t> limit) noexcept {
  return limit && *limit > 0 ? static_cast<std::uint64_t>(*limit) : usual_completion;
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) noexcept {
  return b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b ? std::numeric_limits<std::uint64_t>::max()
                                                                     : a * b;
}

void add(request_estimate& to, const token_count& c) noexcept {
  to.likely.prompt += c.likely;
  to.bound.most.add(c.as, c.most);
}

void add_text(request_estimate& to, std::size_t bytes) noexcept {
  const auto n = text_tokens(bytes);
  to.likely.prompt += n;
  to.bound.most.add(input_text, n);
}

void add_tokens(request_estimate& to, std::uint64_t n) noexcept {
  to.likely.prompt += n;
  to.bound.most.add(input_text, n);
}

std::optional<double> number_in(std::string_view text) noexcept {
  double d = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), d);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || !std::isfinite(d) || d <= 0)
    return std::nullopt;
  return std::min(d, largest_number);
}

std::optional<double> number_in(const parameter_value& v) noexcept {
  const auto positive = [](double d) { return d > 0 ? std::optional(std::min(d, largest_number)) : std::nullopt; };
  if (const auto* n = std::get_if<std::int64_t>(&v.value))
    return positive(static_cast<double>(*n));
  if (const auto* n = std::get_if<std::uint64_t>(&v.value))
    return positive(static_cast<double>(*n));
  if (const auto* n = std::get_if<double>(&v.value))
    return positive(*n);
  if (const auto* text = std::get_if<std::string>(&v.value))
    return number_in(std::string_view(*text));
  if (const auto* json = std::get_if<json_text>(&v.value))
    return number_in(std::string_view(json->text));
  return std::nullopt;
}

// The first of these that the request has, under whatever name providers know it.
std::optional<double> number_of(const task_request& ask, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (const auto* v = ask.parameter(name))
      if (const auto n = number_in(*v))
        return n;
    for (const auto& [key, json] : ask.extra_body())
      if (key == name)
        if (const auto n = number_in(std::string_view(json)))
          return n;
  }
  return std::nullopt;
}

std::uint64_t whole(double d) noexcept { return static_cast<std::uint64_t>(std::ceil(d)); }

// Characters, not bytes.
std::uint64_t characters_in(std::string_view text) noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::size_t size_of(const parameter_value& v) noexcept {
  if (const auto* text = std::get_if<std::string>(&v.value))
    return text->size();
  std::size_t n = 0;
  if (const auto* all = std::get_if<std::vector<std::string>>(&v.value))
    for (const auto& one : *all)
      n += one.size();
  return n;
}

void add_images(usage_units& most, const task_request& ask) {
  const auto count =
      whole(number_of(ask, {"n", "num_images", "num_images_per_prompt", "num_outputs", "sampleCount"}).value_or(1)) *
      std::max<std::uint64_t>(1, ask.texts().size());
  const auto width = number_of(ask, {"width"}), height = number_of(ask, {"height"});
  const double larger = width && height ? std::max(1.0, *width * *height / made_image_size) : 1;
  most.set(images, count);
  most.set(output_image, times(count, whole(most_of_made_image * std::min(larger, 1000.0))));
}

void add_speech(usage_units& most, const task_request& ask) {
  std::uint64_t characters = 0;
  for (const auto& text : ask.texts())
    characters += characters_in(text);
  const auto speed = std::clamp(number_of(ask, {"speed"}).value_or(1), 0.1, 1.0);
  const auto sound = whole(static_cast<double>(characters * milliseconds_per_character) / speed);
  most.set(input_characters, characters);
  most.set(output_milliseconds, sound);
  most.set(output_audio, sound * audio_per_second / 1000 + 1);
}

void add_video(usage_units& most, const task_request& ask) {
  auto seconds = number_of(ask, {"seconds", "duration", "duration_seconds", "durationSeconds"});
  if (const auto frames = number_of(ask, {"num_frames"}); frames && !seconds)
    seconds = *frames / number_of(ask, {"fps", "frames_per_second"}).value_or(slowest_frames);
  if (seconds)
    most.set(output_milliseconds, whole(std::min(*seconds, largest_number) * 1000));
}

void add_heard(usage_units& most, const task_request& ask) {
  std::uint64_t heard = 0;
  for (const auto& m : ask.inputs())
    if (!m.bytes.empty())
      heard += most_milliseconds(m.bytes.size(), m.bytes);
  if (heard == 0)
    return;
  most.set(input_milliseconds, heard);
  most.set(input_audio, heard * audio_per_second / 1000 + 1);
  if (ask.what() == task_kind::automatic_speech_recognition)
    most.set(output_text, heard * words_per_second / 1000 + 1);
}

} // namespace

request_estimate estimate_of(const chat& ask) {
  request_estimate e;
  for (const auto& m : ask.messages()) {
    add_tokens(e, message_overhead);
    if (m.content())
      add_text(e, m.content()->size());
    for (const auto& p : m.parts())
      add(e, count_of(p, ask.model()));
    for (const auto& c : m.tool_calls())
      add_text(e, c.name.size() + c.arguments.size());
  }
  for (const auto& t : ask.tools())
    add_text(e, t.description().size() + t.parameters().size());
  const auto limit = ask.max_completion_tokens() ? ask.max_completion_tokens() : ask.max_tokens();
  e.likely.completion =
      times(limit_or_usual(limit), static_cast<std::uint64_t>(std::max<std::int64_t>(1, ask.n().value_or(1))));
  e.bound.most.set(output_text, e.likely.completion);
  take_service(e.bound, ask.extra_body());
  return e;
}

request_estimate estimate_of(const text_generation& ask) {
  request_estimate e;
  add_text(e, ask.prompt().size());
  e.likely.completion = limit_or_usual(ask.max_new_tokens());
  e.bound.most.set(output_text, e.likely.completion);
  return e;
}

request_estimate estimate_of(const task_request& ask) {
  request_estimate e;
  for (const auto& text : ask.texts())
    add_text(e, text.size());
  for (const auto& [_, value] : ask.fields())
    if (const auto n = size_of(value); n != 0)
      add_text(e, n);
  auto& most = e.bound.most;
  switch (ask.what()) {
  case task_kind::text_to_image:
  case task_kind::image_to_image:
  case task_kind::image_text_to_image: add_images(most, ask); break;
  case task_kind::text_to_video:
  case task_kind::image_to_video:
  case task_kind::image_text_to_video: add_video(most, ask); break;
  case task_kind::text_to_speech:
  case task_kind::text_to_audio: add_speech(most, ask); break;
  case task_kind::automatic_speech_recognition:
  case task_kind::audio_to_audio:
  case task_kind::audio_classification: add_heard(most, ask); break;
  default: break;
  }
  if (!most.has(input_audio))
    for (const auto& m : ask.inputs()) {
      // What is not here is an image, if the task takes any.
      const bool here = !m.bytes.empty() || m.url.starts_with("data:");
      const auto c = here ? count_of(m, ask.model()) : count_of(content_part::image_url({}), ask.model());
      most.add(c.as, c.most);
    }
  take_service(e.bound, ask.extra_body());
  return e;
}

} // namespace weir::inline v0
