#include <weir/task/media.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>

#include <weir/core/error.hpp>

#include "task/media_endings.hpp"

namespace weir::inline v0 {

namespace {

class signature {
public:
  std::size_t at;
  std::string_view bytes;
  std::string_view type;
};

using namespace std::string_view_literals;

constexpr signature signatures[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    {0, "\xff\xd8\xff"sv, "image/jpeg"},
    {0, "GIF8"sv, "image/gif"},
    {0, "II*\0"sv, "image/tiff"},
    {0, "II+\0"sv, "image/tiff"},
    {0, "MM\0*"sv, "image/tiff"},
    {0, "MM\0+"sv, "image/tiff"},
    {0, "\0\0\1\0"sv, "image/x-icon"},
    {0, "\xff\x0a"sv, "image/jxl"},
    {0, "\0\0\0\x0cJXL \r\n\x87\n"sv, "image/jxl"},
    {0, "fLaC"sv, "audio/flac"},
    {0, "OggS"sv, "audio/ogg"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "ADIF"sv, "audio/aac"},
    {0, "#!AMR"sv, "audio/amr"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "caff"sv, "audio/x-caf"},
    {0, ".snd"sv, "audio/basic"},
    {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, "video/x-ms-asf"},
    {0, "\0\0\1\xba"sv, "video/mpeg"},
    {0, "\0\0\1\xb3"sv, "video/mpeg"},
};

// Types by the first brand of an ISO base media file (ISO 14496-12); every other brand is a video's.
constexpr signature brands[] = {
    {8, "heic"sv, "image/heic"},    {8, "heix"sv, "image/heic"}, {8, "heim"sv, "image/heic"},
    {8, "heis"sv, "image/heic"},    {8, "hevc"sv, "image/heic"}, {8, "hevx"sv, "image/heic"},
    {8, "mif1"sv, "image/heif"},    {8, "msf1"sv, "image/heif"}, {8, "avif"sv, "image/avif"},
    {8, "avis"sv, "image/avif"},    {8, "M4A"sv, "audio/mp4"},   {8, "M4B"sv, "audio/mp4"},
    {8, "qt"sv, "video/quicktime"}, {8, "3g"sv, "video/3gpp"},
};
constexpr signature riff[] = {
    {8, "WEBP"sv, "image/webp"}, {8, "WAVE"sv, "audio/wav"}, {8, "AVI "sv, "video/x-msvideo"}};
constexpr signature iff[] = {{8, "AIFF"sv, "audio/aiff"}, {8, "AIFC"sv, "audio/aiff"}};

bool shows(const signature& s, std::string_view bytes) noexcept {
  return bytes.size() >= s.at + s.bytes.size() && bytes.substr(s.at, s.bytes.size()) == s.bytes;
}

template <std::size_t n>
std::string_view first_of(const signature (&list)[n], std::string_view bytes, std::string_view other = {}) noexcept {
  for (const auto& s : list)
    if (shows(s, bytes))
      return s.type;
  return other;
}

// Of the first box. "mif1" only says that it is an image: a compatible brand tells which kind.
std::string_view brand_type(std::string_view bytes) noexcept {
  const auto own = first_of(brands, bytes, "video/mp4");
  if (own != "image/heif")
    return own;
  const auto box = bytes.substr(0, static_cast<std::size_t>(static_cast<unsigned char>(bytes[3])));
  for (std::size_t at = 16; at + 4 <= box.size(); at += 4)
    if (const auto other = first_of(brands, box.substr(at - 8), own); other != own && other.starts_with("image/"))
      return other;
  return own;
}

// A frame of MPEG audio (ISO 11172-3) or of AAC (ADTS): eleven or twelve set bits, then version and layer.
std::string_view frame_type(std::string_view bytes) noexcept {
  if (bytes.size() < 2 || bytes[0] != '\xff')
    return {};
  const auto second = static_cast<unsigned char>(bytes[1]);
  const auto layer = (second >> 1) & 3;
  if ((second & 0xF0) == 0xF0 && layer == 0)
    return "audio/aac";
  const bool known_version = ((second >> 3) & 3) != 1;
  return (second & 0xE0) == 0xE0 && known_version && (layer == 1 || layer == 2) ? "audio/mpeg" : std::string_view();
}

// "BM" alone may begin a text; the header's size follows the file's.
bool is_bitmap(std::string_view bytes) noexcept {
  constexpr std::string_view header_sizes = "\x0c\x28\x34\x38\x40\x6c\x7c";
  return bytes.starts_with("BM") && bytes.size() >= 18 && header_sizes.find(bytes[14]) != header_sizes.npos &&
         bytes.substr(15, 3) == "\0\0\0"sv;
}

bool is_svg(std::string_view bytes) noexcept {
  if (bytes.starts_with("\xEF\xBB\xBF"))
    bytes.remove_prefix(3);
  const auto first = bytes.find_first_not_of(" \t\r\n");
  if (first == bytes.npos || bytes[first] != '<')
    return false;
  const auto start = bytes.substr(first, 1024);
  const auto tag = start.find("<svg");
  // Not an HTML page that contains a drawing.
  return tag != start.npos && start.find("<html") == start.npos && start.find("<HTML") == start.npos;
}

class extension {
public:
  std::string_view type;
  std::string_view name;
};

constexpr std::string_view unknown_extension = "bin";
constexpr extension extensions[] = {
    {"image/png", "png"},        {"image/jpeg", "jpg"},      {"image/jpg", "jpg"},       {"image/gif", "gif"},
    {"image/webp", "webp"},      {"audio/wav", "wav"},       {"audio/x-wav", "wav"},     {"audio/wave", "wav"},
    {"audio/flac", "flac"},      {"audio/x-flac", "flac"},   {"audio/ogg", "ogg"},       {"audio/mpeg", "mp3"},
    {"audio/mp3", "mp3"},        {"audio/mp4", "m4a"},       {"audio/x-m4a", "m4a"},     {"audio/webm", "webm"},
    {"video/mp4", "mp4"},        {"video/webm", "webm"},     {"video/quicktime", "mov"}, {"audio/aac", "aac"},
    {"audio/aiff", "aiff"},      {"audio/amr", "amr"},       {"image/heic", "heic"},     {"image/heif", "heif"},
    {"image/avif", "avif"},      {"image/jxl", "jxl"},       {"image/bmp", "bmp"},       {"image/tiff", "tiff"},
    {"image/svg+xml", "svg"},    {"image/x-icon", "ico"},    {"video/3gpp", "3gp"},      {"video/x-msvideo", "avi"},
    {"video/x-matroska", "mkv"}, {"application/pdf", "pdf"}, {"audio/x-caf", "caf"},     {"audio/basic", "au"},
    {"video/x-ms-asf", "asf"},   {"video/mpeg", "mpg"},
};

} // namespace

media::media(std::string b, std::string type) : bytes(std::move(b)), content_type(std::move(type)) {
  if (content_type.empty())
    content_type = content_type_of(bytes);
}

media media::at(std::string url) {
  media m;
  m.url = std::move(url);
  return m;
}

media media::file(const std::string& path, std::size_t limit) {
  const auto unreadable = [&path] {
    return error(errc::invalid_argument, "cannot read " + path + ": " + std::strerror(errno));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!in)
    throw unreadable();
  std::string bytes;
  char piece[16 << 10];
  while (const auto n = std::fread(piece, 1, sizeof piece, in.get())) {
    if (n > limit - bytes.size())
      throw error(errc::invalid_argument, path + " is larger than " + std::to_string(limit) + " bytes");
    bytes.append(piece, n);
  }
  if (std::ferror(in.get()))
    throw unreadable();
  media m(std::move(bytes));
  m.name = path.substr(path.rfind('/') + 1);
  return m;
}

std::string_view content_type_of(std::string_view bytes) noexcept {
  if (shows({4, "ftyp", {}}, bytes))
    return brand_type(bytes);
  if (const auto type = first_of(signatures, bytes); !type.empty())
    return type;
  if (bytes.starts_with("RIFF"))
    return first_of(riff, bytes);
  if (bytes.starts_with("FORM"))
    return first_of(iff, bytes);
  if (bytes.starts_with("\x1a\x45\xdf\xa3"))
    return bytes.substr(0, 64).find("matroska") == bytes.npos ? "video/webm" : "video/x-matroska";
  if (is_bitmap(bytes))
    return "image/bmp";
  return is_svg(bytes) ? "image/svg+xml" : frame_type(bytes);
}

std::string_view file_extension(std::string_view content_type) noexcept {
  const auto type = content_type.substr(0, content_type.find(';'));
  for (const auto& e : extensions)
    if (e.type == type)
      return e.name;
  return unknown_extension;
}

bool is_file_extension(std::string_view ending) noexcept {
  return ending == unknown_extension ||
         std::any_of(std::begin(extensions), std::end(extensions), [&](const auto& e) { return e.name == ending; });
}

} // namespace weir::inline v0
