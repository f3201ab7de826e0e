#include "provider/answer/units.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <utility>

namespace weir::inline v0::provider {

namespace {

using part = std::pair<usage_unit, std::optional<std::uint64_t>>;

void split(usage& u, std::optional<std::uint64_t> whole, usage_unit rest, std::initializer_list<part> parts) noexcept {
  std::uint64_t sum = 0;
  bool fits = true;
  for (const auto& [unit, n] : parts) {
    u.units.set(unit, n);
    fits = fits && n.value_or(0) <= std::numeric_limits<std::uint64_t>::max() - sum;
    sum += n.value_or(0);
  }
  if (!whole)
    return;
  if (fits && sum <= *whole)
    u.units.set(rest, *whole - sum);
  else
    u.inconsistent = true;
}

// Providers count the cached tokens of an image as cached and as an image.
void without_cached_media(std::uint64_t whole, prompt_parts& p) noexcept {
  const auto part = [](const std::optional<std::uint64_t>& n) { return n.value_or(0); };
  if (part(p.read) > whole)
    return;
  const auto cached = part(p.read) + part(p.write_5m) + part(p.write_1h) + part(p.write_other);
  auto media = part(p.image) + part(p.audio) + part(p.video);
  const auto room = cached < whole ? whole - cached : 0;
  for (auto* one : {&p.image, &p.audio, &p.video}) {
    if (media <= room || !*one)
      continue;
    const auto less = std::min(**one, media - room);
    **one -= less;
    media -= less;
  }
}

} // namespace

void split_prompt(usage& u, std::optional<std::uint64_t> whole, prompt_parts p) noexcept {
  without_cached_media(whole.value_or(0), p);
  split(u, whole, usage_unit::input_text,
        {{usage_unit::input_audio, p.audio},
         {usage_unit::input_image, p.image},
         {usage_unit::input_video, p.video},
         {usage_unit::cache_read, p.read},
         {usage_unit::cache_write_5m, p.write_5m},
         {usage_unit::cache_write_1h, p.write_1h},
         {usage_unit::cache_write_other, p.write_other}});
}

void split_output(usage& u, std::optional<std::uint64_t> whole, const output_parts& p) noexcept {
  split(u, whole, usage_unit::output_text,
        {{usage_unit::output_reasoning, p.reasoning},
         {usage_unit::output_audio, p.audio},
         {usage_unit::output_image, p.image}});
}

usage counted_in(const media_result& r) noexcept {
  usage u;
  const auto images = std::count_if(r.items.begin(), r.items.end(),
                                    [](const media& m) { return m.content_type.starts_with("image/"); });
  if (images > 0)
    u.units.set(usage_unit::images, static_cast<std::uint64_t>(images));
  return u;
}

usage counted_in(const transcription& r) noexcept {
  usage u;
  constexpr double longest = 1e9; // seconds
  if (r.duration && *r.duration >= 0 && *r.duration < longest)
    u.units.set(usage_unit::input_milliseconds, static_cast<std::uint64_t>(std::llround(*r.duration * 1000)));
  return u;
}

} // namespace weir::inline v0::provider
