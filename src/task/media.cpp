#include <weir/task/media.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <weir/core/error.hpp>

namespace weir {

namespace {

class signature {
public:
  std::size_t at;
  std::string_view bytes;
  std::string_view type;
};

using namespace std::string_view_literals;

constexpr signature signatures[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, "image/png"}, {0, "\xff\xd8\xff"sv, "image/jpeg"}, {0, "GIF8"sv, "image/gif"},
    {8, "WEBP"sv, "image/webp"},              {8, "WAVE"sv, "audio/wav"},          {0, "fLaC"sv, "audio/flac"},
    {0, "OggS"sv, "audio/ogg"},               {0, "ID3"sv, "audio/mpeg"},          {0, "\xff\xfb"sv, "audio/mpeg"},
    {0, "\xff\xf3"sv, "audio/mpeg"},          {4, "ftypM4A"sv, "audio/mp4"},       {4, "ftyp"sv, "video/mp4"},
    {0, "\x1a\x45\xdf\xa3"sv, "video/webm"},
};

class extension {
public:
  std::string_view type;
  std::string_view name;
};

constexpr extension extensions[] = {
    {"image/png", "png"},   {"image/jpeg", "jpg"},  {"image/jpg", "jpg"},  {"image/gif", "gif"},    {"image/webp", "webp"},
    {"audio/wav", "wav"},   {"audio/x-wav", "wav"}, {"audio/wave", "wav"}, {"audio/flac", "flac"},  {"audio/x-flac", "flac"},
    {"audio/ogg", "ogg"},   {"audio/mpeg", "mp3"},  {"audio/mp3", "mp3"},  {"audio/mp4", "m4a"},    {"audio/x-m4a", "m4a"},
    {"audio/webm", "webm"}, {"video/mp4", "mp4"},   {"video/webm", "webm"}, {"video/quicktime", "mov"},
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
  return media(std::move(bytes));
}

std::string_view content_type_of(std::string_view bytes) noexcept {
  for (const auto& s : signatures)
    if (bytes.size() >= s.at + s.bytes.size() && bytes.substr(s.at, s.bytes.size()) == s.bytes)
      return s.type;
  return {};
}

std::string_view file_extension(std::string_view content_type) noexcept {
  const auto type = content_type.substr(0, content_type.find(';'));
  for (const auto& e : extensions)
    if (e.type == type)
      return e.name;
  return "bin";
}

} // namespace weir
