#include "tool/arguments/text_input.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/text/utf8.hpp"
#include "tool/arguments/common.hpp"

namespace weir::inline v0::cli {

namespace {

error no_text(std::string_view name, const std::string& why) {
  return error(errc::invalid_argument, fmt::format("{} {}: convert it to UTF-8, for example with iconv", name, why));
}

std::string name_of(const std::string& given) {
  if (given == "-")
    return "standard input";
  return given.starts_with('@') ? given.substr(1) : "the given text";
}

} // namespace

std::string as_text(std::string bytes, std::string_view name) {
  const bool little = bytes.starts_with("\xFF\xFE");
  if (little || bytes.starts_with("\xFE\xFF")) {
    std::string text;
    if (!codec::append_utf16(text, std::string_view(bytes).substr(2), !little))
      throw no_text(name, "begins with a UTF-16 byte order mark and is not UTF-16");
    bytes = std::move(text);
  } else if (bytes.starts_with("\xEF\xBB\xBF")) {
    bytes.erase(0, 3);
  }
  if (const auto at = codec::valid_utf8_prefix(bytes); at != bytes.size())
    throw no_text(name,
                  fmt::format("is not UTF-8 (byte {:#04x} at offset {})", static_cast<unsigned char>(bytes[at]), at));
  if (const auto at = bytes.find('\0'); at != bytes.npos)
    throw no_text(name,
                  fmt::format("has a zero byte at offset {}: it is not text, or UTF-16 without a byte order mark", at));
  return bytes;
}

std::string read_text(const std::string& given) { return as_text(read_input(given), name_of(given)); }

media read_media(const std::string& given) {
  media m(read_input(given));
  if (given.starts_with('@'))
    m.name = given.substr(std::max<std::size_t>(given.rfind('/') + 1, 1));
  return m;
}

media read_image(const std::string& given) {
  auto m = read_media(given);
  if (m.content_type.starts_with("image/"))
    return m;
  throw error(
      errc::invalid_argument,
      fmt::format("{} is {}: give a PNG, JPEG, GIF, WebP, HEIC, AVIF, BMP, TIFF or SVG image, or for another "
                  "format a data: URL with its type",
                  name_of(given),
                  m.content_type.empty() ? "not an image by its first bytes" : "not an image but " + m.content_type));
}

} // namespace weir::inline v0::cli
