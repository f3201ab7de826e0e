#include "tool/chat/attachments.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <weir/task/media.hpp>

#include "codec/text/utf8.hpp"
#include "tool/arguments/common.hpp"
#include "tool/arguments/text_input.hpp"

namespace weir::inline v0::cli {

namespace {

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool begins_as_utf16(std::string_view bytes) { return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"); }

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 &&
          std::string_view("\t\n\v\f\r\x1b").find(c) == std::string_view::npos) ||
         c == 0x7F;
}

// Text in an encoding that is not guessed has no control characters, and the message about it says what to do.
bool is_text(std::string_view bytes, std::string_view type) {
  if (begins_as_utf16(bytes))
    return type.empty();
  if (!type.empty() && type != "image/svg+xml")
    return false;
  const bool utf8 = codec::valid_utf8_prefix(bytes) == bytes.size() && bytes.find('\0') == bytes.npos;
  return utf8 || std::none_of(bytes.begin(), bytes.end(), is_control);
}

// Empty for a type that no chat takes.
std::optional<content_part> part_of(const std::string& path, std::string bytes, std::string_view type) {
  if (!type.starts_with("image/") && type != "audio/wav" && type != "audio/mpeg" && type != "application/pdf")
    return std::nullopt;
  media m(std::move(bytes), std::string(type));
  m.name = file_name(path);
  return content_part::attachment(m);
}

} // namespace

attachment attach(const std::string& path) {
  attachment a;
  auto bytes = read_file(path);
  a.bytes = bytes.size();
  const auto type = content_type_of(bytes);
  if (is_text(bytes, type)) {
    a.text = quoted(path, as_text(std::move(bytes), path));
    return a;
  }
  a.part = part_of(path, std::move(bytes), type);
  if (!a.part)
    throw error(errc::invalid_argument,
                fmt::format("{} is {}: text, images, WAV and MP3 audio and PDF files can be sent", path,
                            type.empty() ? "binary data of an unknown kind" : type));
  return a;
}

std::string quoted(std::string_view name, std::string_view text) {
  std::size_t longest = 2;
  for (auto at = text.find('`'); at != text.npos; at = text.find('`', at)) {
    const auto end = std::min(text.find_first_not_of('`', at), text.size());
    longest = std::max(longest, end - at);
    at = end;
  }
  const std::string fence(longest + 1, '`');
  return fmt::format("{}:\n{}\n{}{}{}", name, fence, text, text.ends_with('\n') || text.empty() ? "" : "\n", fence);
}

} // namespace weir::inline v0::cli
