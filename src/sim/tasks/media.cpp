#include "sim/tasks/media.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace {

constexpr std::uint32_t most_pixels = 2048;
constexpr std::uint32_t most_milliseconds = 60'000;
constexpr std::uint32_t most_video = 16u << 20;
constexpr std::uint32_t samples_per_second = 8000;

void put_big(std::string& out, std::uint32_t v) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(v >> shift);
}

void put_little(std::string& out, std::uint32_t v, int bytes) {
  for (int i = 0; i < bytes; ++i)
    out += static_cast<char>(v >> (8 * i));
}

std::uint32_t crc32(std::string_view bytes) noexcept {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      auto c = i;
      for (int k = 0; k < 8; ++k)
        c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
      t[i] = c;
    }
    return t;
  }();
  std::uint32_t c = 0xFFFFFFFFu;
  for (const char b : bytes)
    c = table[(c ^ static_cast<unsigned char>(b)) & 0xFF] ^ (c >> 8);
  return ~c;
}

std::uint32_t adler32(std::string_view bytes) noexcept {
  std::uint32_t a = 1, b = 0;
  for (const char c : bytes) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

void put_chunk(std::string& out, std::string_view type, std::string_view data) {
  put_big(out, static_cast<std::uint32_t>(data.size()));
  const auto body = std::string(type).append(data);
  out += body;
  put_big(out, crc32(body));
}

/// zlib's stored form, without compression (RFC 1950, RFC 1951 section 3.2.4).
std::string stored(std::string_view bytes) {
  std::string out("\x78\x01", 2);
  do {
    const auto part = bytes.substr(0, 65535);
    bytes.remove_prefix(part.size());
    out += bytes.empty() ? '\1' : '\0';
    put_little(out, static_cast<std::uint32_t>(part.size()), 2);
    put_little(out, ~static_cast<std::uint32_t>(part.size()), 2);
    out += part;
  } while (!bytes.empty());
  return out;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t v = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (ec != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return v;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c)
    return false;
  text.remove_prefix(1);
  return true;
}

plan file_plan(std::string type, std::string bytes) {
  plan out;
  out.headers.emplace_back("content-type", std::move(type));
  out.body = std::move(bytes);
  return out;
}

std::uint32_t limited(std::uint64_t v, std::uint32_t most) {
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(v, 1, most));
}

std::optional<plan> file_named(std::string_view name) {
  const auto seed = take_number(name);
  if (!seed || !take(name, '-'))
    return std::nullopt;
  const auto size = take_number(name);
  if (!size)
    return std::nullopt;
  if (name == ".wav")
    return file_plan("audio/wav", make_wav(*seed, limited(*size, most_milliseconds)));
  if (name == ".mp4")
    return file_plan("video/mp4", make_mp4(*seed, limited(*size, most_video)));
  if (!take(name, 'x'))
    return std::nullopt;
  const auto height = take_number(name);
  if (!height || name != ".png")
    return std::nullopt;
  return file_plan("image/png", make_png(*seed, limited(*size, most_pixels), limited(*height, most_pixels)));
}

} // namespace

std::uint64_t seed_of(std::string_view text) noexcept {
  std::uint64_t hash = 14695981039346656037u; // FNV-1a
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash >> 32;
}

std::string make_png(std::uint64_t seed, std::uint32_t width, std::uint32_t height) {
  width = limited(width, most_pixels);
  height = limited(height, most_pixels);
  std::string pixels;
  for (std::uint32_t y = 0; y < height; ++y) {
    pixels += '\0'; // no filter
    for (std::uint32_t x = 0; x < width; ++x) {
      pixels += static_cast<char>(seed + x * 255 / width);
      pixels += static_cast<char>((seed >> 8) + y * 255 / height);
      pixels += static_cast<char>(seed >> 16);
    }
  }
  std::string head;
  put_big(head, width);
  put_big(head, height);
  head.append("\x08\x02\0\0\0", 5); // 8 bits, RGB
  auto data = stored(pixels);
  put_big(data, adler32(pixels));
  std::string out("\x89PNG\r\n\x1a\n");
  put_chunk(out, "IHDR", head);
  put_chunk(out, "IDAT", data);
  put_chunk(out, "IEND", {});
  return out;
}

std::string make_wav(std::uint64_t seed, std::uint32_t milliseconds) {
  const auto samples = limited(milliseconds, most_milliseconds) * (samples_per_second / 1000);
  std::string out("RIFF");
  put_little(out, 36 + samples * 2, 4);
  out += "WAVEfmt ";
  put_little(out, 16, 4);
  put_little(out, 1, 2); // PCM
  put_little(out, 1, 2);
  put_little(out, samples_per_second, 4);
  put_little(out, samples_per_second * 2, 4);
  put_little(out, 2, 2);
  put_little(out, 16, 2);
  out += "data";
  put_little(out, samples * 2, 4);
  const double pitch = 220 + static_cast<double>(seed % 440);
  for (std::uint32_t i = 0; i < samples; ++i)
    put_little(
        out, static_cast<std::uint32_t>(std::lround(8000 * std::sin(6.283185307 * pitch * i / samples_per_second))), 2);
  return out;
}

std::string make_mp4(std::uint64_t seed, std::uint32_t bytes) {
  std::string out;
  put_big(out, 24);
  out.append("ftypisom\0\0\2\0isommp41", 20);
  const auto rest = std::max<std::uint32_t>(limited(bytes, most_video), 32) - 24;
  put_big(out, rest);
  out += "mdat";
  for (std::uint32_t i = 8; i < rest; ++i)
    out += static_cast<char>(seed + i);
  return out;
}

std::string media_url(const request& r, bool tls, std::string_view name) {
  return std::string(tls ? "https://" : "http://").append(r.header("host")).append("/media/").append(name);
}

std::string png_name(std::uint64_t seed, std::uint32_t width, std::uint32_t height) {
  return std::to_string(seed) + "-" + std::to_string(width) + "x" + std::to_string(height) + ".png";
}
std::string wav_name(std::uint64_t seed, std::uint32_t ms) {
  return std::to_string(seed) + "-" + std::to_string(ms) + ".wav";
}
std::string mp4_name(std::uint64_t seed, std::uint32_t bytes) {
  return std::to_string(seed) + "-" + std::to_string(bytes) + ".mp4";
}

std::optional<plan> answer_media(const request& r) {
  constexpr std::string_view place = "/media/";
  const auto at = r.path.find(place);
  if (at == r.path.npos || r.method != "GET")
    return std::nullopt;
  for (const auto* name : {"authorization", "cookie", "x-api-key", "x-hf-bill-to", "xi-api-key"})
    if (!r.header(name).empty())
      return openai_error(403, std::string("A file was requested with the header ") + name + ".",
                          "invalid_request_error", "credential_at_media");
  auto out = file_named(std::string_view(r.path).substr(at + place.size()));
  return out ? std::move(*out) : openai_error(404, "No such file: " + r.path, "invalid_request_error", "not_found");
}

} // namespace weir::inline v0::sim
