#include "sim/samples.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>

#include "codec/base64.hpp"

namespace weir::sim {

namespace {

constexpr const char* png =
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAByElEQVR42g2SURHAMAhDkYAEJFQCEpCAhElAAhKQUAlIQAISKmHZ"
    "x27XMpI8ICJiYiE5dJTUyJz8oy8okrKoLt2mHpqlffRQjoeEz2FRNmN1/j724EyO4nu5mme4l9/jJRJhOSJ0hFXc5HPRTyykUm5J"
    "XMmWHXkr/WSI0Br1eB3S89lxP/YdjXPzVJ28J/q8Obtn3mkiVVYT9aOfKpmyq3x6Qjt1Svfqa43RXK2nlwi2TQVNzRWfRm4QkrBJ"
    "67J3bdtyLNbusyJyZ//E9bipizk80eccvumvvK9Pe43f9XieRECCnDAPR5DBvzj4KL6X39Y39+v+7ny1Xz7QpgiOlKgTV6MtxmO/"
    "eBGUwRVy43TohG34i48IuDMEMLIUVrMdjXIDx0mVgCWdCKSbEHWiKq4rFadSa62eV381UZIFrnSLu3wK/vSVEWGUmA+g31BgQDYY"
    "vh2QRB9cXuqLKL4XyJSom3uk9/TTDuv0rq9vtGZbtd9GaprmbXl9iLAm04IhzirQTzjATAXijBbExhslQzsYuBDt8j7ZPju6ZQvt"
    "+DZjPRcs9a71yix2g94yEVYQe4VlwQZgrJgVBgCqQIX8CAWnkEdPFD76AU9OaBB/sIpCAAAAAElFTkSuQmCC";

void put_little(std::string& to, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xff);
}

void put_big(std::string& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(value >> shift & 0xff);
}

std::string box(const char* name, const std::string& content) {
  std::string out;
  put_big(out, static_cast<std::uint32_t>(content.size() + 8));
  return out.append(name).append(content);
}

std::string make_wav() {
  constexpr std::uint32_t rate = 8000, samples = 800;
  std::string out = "RIFF";
  put_little(out, 36 + 2 * samples, 4);
  out += "WAVEfmt ";
  put_little(out, 16, 4);
  put_little(out, 1, 2); // PCM
  put_little(out, 1, 2);
  put_little(out, rate, 4);
  put_little(out, 2 * rate, 4);
  put_little(out, 2, 2);
  put_little(out, 16, 2);
  out += "data";
  put_little(out, 2 * samples, 4);
  for (std::uint32_t i = 0; i < samples; ++i) {
    const auto level = 8000 * std::sin(2 * std::numbers::pi * 440 * i / rate);
    put_little(out, static_cast<std::uint32_t>(static_cast<std::int32_t>(level)), 2);
  }
  return out;
}

// ISO/IEC 14496-12: ftyp, and a moov whose mvhd tells of a movie of no length.
std::string make_mp4() {
  std::string brand("isom");
  put_big(brand, 512);
  brand += "isom";
  std::string header;
  put_big(header, 0);
  put_big(header, 0);
  put_big(header, 0);
  put_big(header, 1000);
  put_big(header, 0);
  put_big(header, 0x00010000);
  header += std::string("\x01\0", 2) + std::string(10, '\0');
  for (const std::uint32_t cell : {0x00010000u, 0u, 0u, 0u, 0x00010000u, 0u, 0u, 0u, 0x40000000u}) put_big(header, cell);
  header += std::string(24, '\0');
  put_big(header, 1);
  return box("ftyp", brand) + box("moov", box("mvhd", header)) + box("free", std::string(512, '\0'));
}

} // namespace

const std::string& sample_png() {
  static const std::string bytes = codec::decode_base64(png).value();
  return bytes;
}

const std::string& sample_wav() {
  static const std::string bytes = make_wav();
  return bytes;
}

const std::string& sample_mp4() {
  static const std::string bytes = make_mp4();
  return bytes;
}

} // namespace weir::sim
