// Content types detected from bytes.
#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <weir/task/chat.hpp>
#include <weir/task/media.hpp>

using namespace weir;
using namespace std::string_view_literals;

TEST_CASE("a file's type is detected from its first bytes") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"\x89PNG\r\n\x1a\n"sv, "image/png"},
      {"\xff\xd8\xff\xe0"sv, "image/jpeg"},
      {"GIF89a"sv, "image/gif"},
      {"RIFF\1\0\0\0WEBPVP8 "sv, "image/webp"},
      {"\0\0\0\x18"
       "ftypheic"sv,
       "image/heic"},
      {"\0\0\0\x18"
       "ftypmif1"sv,
       "image/heif"},
      {"\0\0\0\x18"
       "ftypavif"sv,
       "image/avif"},
      {"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"sv, "image/bmp"},
      {"II*\0\x08\0\0\0"sv, "image/tiff"},
      {"MM\0*\0\0\0\x08"sv, "image/tiff"},
      {"<svg xmlns='http://www.w3.org/2000/svg'/>"sv, "image/svg+xml"},
      {"\xEF\xBB\xBF<?xml version='1.0'?>\n<!-- drawn -->\n<svg>"sv, "image/svg+xml"},
      {"\0\0\1\0\1\0"sv, "image/x-icon"},
      {"\xff\x0a\xfa"sv, "image/jxl"},
      {"RIFF\1\0\0\0WAVEfmt "sv, "audio/wav"},
      {"fLaC\0"sv, "audio/flac"},
      {"OggS\0"sv, "audio/ogg"},
      {"ID3\4"sv, "audio/mpeg"},
      {"\xff\xfb\x90"sv, "audio/mpeg"},
      {"\xff\xfa\x90"sv, "audio/mpeg"},
      {"\xff\xf3\x40"sv, "audio/mpeg"},
      {"\xff\xf2\x40"sv, "audio/mpeg"},
      {"\xff\xe3\x18"sv, "audio/mpeg"},
      {"\xff\xf1\x50"sv, "audio/aac"},
      {"\xff\xf9\x50"sv, "audio/aac"},
      {"FORM\0\0\0\1AIFF"sv, "audio/aiff"},
      {"\0\0\0\x1c"
       "ftypM4A "sv,
       "audio/mp4"},
      {"\0\0\0\x1c"
       "ftypmp42"sv,
       "video/mp4"},
      {"\0\0\1\0ftypisom"sv, "video/mp4"},
      {"\0\0\0\x14"
       "ftypqt  "sv,
       "video/quicktime"},
      {"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"sv, "video/webm"},
      {"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska"sv, "video/x-matroska"},
      {"%PDF-1.7"sv, "application/pdf"},
      {"\0\0\0\x1c"
       "ftypmif1\0\0\0\0mif1heicmiaf"sv,
       "image/heic"},
      {"\0\0\0\x18"
       "ftypmif1\0\0\0\0avif"sv,
       "image/avif"},
      {"\0\0\0\x18"
       "ftypmif1\0\0\0\0miafmiafheic"sv,
       "image/heif"}, // behind the box
      {"caff\0\1"sv, "audio/x-caf"},
      {".snd\0\0"sv, "audio/basic"},
      {"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6"sv, "video/x-ms-asf"},
      {"\0\0\1\xba\x44"sv, "video/mpeg"},
      {""sv, ""},
      {"BMW drives"sv, ""},
      {"RIFF\1\0\0\0????"sv, ""},
      {"\xff\xfeh\0i\0"sv, ""},
      {"<html><svg></html>"sv, ""},
      {"words"sv, ""},
  };
  for (const auto& [bytes, type] : rows) {
    CAPTURE(type);
    CAPTURE(bytes);
    CHECK(content_type_of(bytes) == type);
    if (!type.empty())
      CHECK(file_extension(type) != "bin");
  }
}

TEST_CASE("a file keeps its name") {
  const auto name = "weir-talk-" + std::to_string(::getpid()) + ".mp3";
  const auto path = std::filesystem::temp_directory_path() / name;
  std::ofstream(path) << "ID3";
  const auto m = media::file(path);
  std::filesystem::remove(path);
  CHECK(m.name == name);
  CHECK(m.content_type == "audio/mpeg");
}

TEST_CASE("an image is labelled by its bytes, and refused if they show no type") {
  CHECK(content_part::image("\x89PNG\r\n\x1a\n").value().starts_with("data:image/png;base64,"));
  CHECK(content_part::image("\x89PNG\r\n\x1a\n", "image/x").value().starts_with("data:image/x;base64,"));
  CHECK_THROWS_WITH_AS(content_part::image("words"), doctest::Contains("type"), error);
}
