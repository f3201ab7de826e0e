#include "client/call/token_counts.hpp"

#include <algorithm>

#include <weir/core/base64.hpp>

namespace weir::inline v0 {

namespace {

constexpr std::uint64_t largest_context = 2'000'000;

// Of media: likely ones are those of a photo, of sound at 128 kbit/s, of a video at 2 Mbit/s, of a page of 30 KB.
constexpr std::uint64_t likely_image = 1000;
constexpr std::uint64_t most_of_claude = 5000;
constexpr std::uint64_t most_of_4o_mini = 48'169;
constexpr std::uint64_t most_of_others = 16'384;
constexpr std::uint64_t audio_per_second = 32;
constexpr std::uint64_t likely_audio_rate = 16'000;
constexpr std::uint64_t least_audio_rate = 750;
constexpr std::uint64_t video_per_second = 295;
constexpr std::uint64_t likely_video_rate = 250'000;
constexpr std::uint64_t least_video_rate = 12'500;
constexpr std::uint64_t likely_page = 2400;
constexpr std::uint64_t likely_page_size = 30'000;
constexpr std::uint64_t most_of_page = 7800;

// Enough of a WAV file's header, in base64.
constexpr std::size_t header_size = 44;
constexpr std::size_t encoded_header = 60;

std::uint64_t most_of_image(std::string_view model) noexcept {
  const auto has = [model](std::string_view name) { return model.find(name) != std::string_view::npos; };
  return has("claude") ? most_of_claude : has("gpt-4o-mini") ? most_of_4o_mini : most_of_others;
}

// What a `data:` URL holds.
class data_part {
public:
  explicit data_part(std::string_view url) {
    const auto comma = std::min(url.find(','), url.size());
    auto head = url.substr(0, comma);
    data = url.substr(std::min(comma + 1, url.size()));
    head.remove_prefix(std::min<std::size_t>(head.size(), 5));
    type = head.substr(0, head.find(';'));
    bytes = head.ends_with(";base64") ? data.size() / 4 * 3 : data.size();
  }
  std::string beginning() const {
    auto text = decode_base64(data.substr(0, encoded_header));
    return text ? std::move(*text) : std::string();
  }
  std::string_view type, data;
  std::size_t bytes = 0;
};

token_count counted(usage_unit as, std::uint64_t likely, std::uint64_t most) noexcept {
  token_count c;
  c.as = as;
  c.most = std::min(most, largest_context);
  c.likely = std::min(likely, c.most);
  return c;
}

token_count of_image(std::string_view model) noexcept {
  return counted(usage_unit::input_image, likely_image, most_of_image(model));
}

token_count of_audio(std::size_t bytes, std::string_view begin) noexcept {
  return counted(usage_unit::input_audio, bytes * audio_per_second / likely_audio_rate + 1,
                 most_milliseconds(bytes, begin) * audio_per_second / 1000 + 1);
}

token_count of_bytes(std::string_view type, std::size_t bytes, std::string_view begin, std::string_view model) {
  if (type.starts_with("image/"))
    return of_image(model);
  if (type.starts_with("audio/"))
    return of_audio(bytes, begin);
  if (type.starts_with("video/"))
    return counted(usage_unit::input_video, bytes * video_per_second / likely_video_rate + 1,
                   bytes * video_per_second / least_video_rate + 1);
  if (type == "application/pdf")
    return counted(usage_unit::input_text, (bytes / likely_page_size + 1) * likely_page, bytes + most_of_page);
  return counted(usage_unit::input_text, text_tokens(bytes), text_tokens(bytes));
}

// A part that the caller wrote: what it holds, if it is media, is nearly all of it.
token_count of_raw(std::string_view json, std::string_view model) {
  const auto has = [json](std::string_view what) { return json.substr(0, 1024).find(what) != std::string_view::npos; };
  const auto bytes = json.size() / 4 * 3;
  if (has("image"))
    return of_image(model);
  if (has("audio"))
    return of_audio(bytes, {});
  if (has("video"))
    return of_bytes("video/mp4", bytes, {}, model);
  if (has("\"file\"") || has("\"document\""))
    return of_bytes("application/pdf", bytes, {}, model);
  return counted(usage_unit::input_text, text_tokens(json.size()), text_tokens(json.size()));
}

std::uint64_t number_at(std::string_view bytes, std::size_t at) noexcept {
  std::uint64_t n = 0;
  for (std::size_t i = 4; i-- != 0;)
    n = n << 8 | static_cast<unsigned char>(bytes[at + i]);
  return n;
}

} // namespace

std::uint64_t text_tokens(std::size_t bytes) noexcept { return bytes / 3 + 1; }

token_count count_of(const content_part& p, std::string_view model) {
  switch (p.type()) {
  case content_part::kind::text: {
    const auto n = text_tokens(p.value().size());
    return counted(usage_unit::input_text, n, n);
  }
  case content_part::kind::image_url: return of_image(model);
  case content_part::kind::file: {
    const data_part sent(p.value());
    return of_bytes(sent.type, sent.bytes, sent.beginning(), model);
  }
  case content_part::kind::raw: break;
  }
  return of_raw(p.value(), model);
}

token_count count_of(const media& m, std::string_view model) {
  if (m.bytes.empty() && m.url.starts_with("data:")) {
    const data_part sent(m.url);
    return of_bytes(sent.type, sent.bytes, sent.beginning(), model);
  }
  const auto type = m.content_type.empty() ? content_type_of(m.bytes) : std::string_view(m.content_type);
  return of_bytes(type, m.bytes.size(), std::string_view(m.bytes).substr(0, header_size), model);
}

std::uint64_t most_milliseconds(std::size_t bytes, std::string_view begin) noexcept {
  // A RIFF file says in its format how many bytes a second takes.
  auto rate = least_audio_rate;
  if (begin.size() >= header_size && begin.starts_with("RIFF") && begin.substr(8, 8) == "WAVEfmt ")
    rate = std::max(rate, number_at(begin, 28));
  return static_cast<std::uint64_t>(bytes) * 1000 / rate + 1;
}

} // namespace weir::inline v0
