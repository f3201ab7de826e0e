#include <weir/task/chat.hpp>

#include <algorithm>

#include <weir/core/base64.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/media.hpp>

namespace weir::inline v0 {

namespace {

constexpr std::string_view no_type =
    "an attachment needs a valid content type, such as application/pdf, if its bytes do not show it";

// `data:` and its type, in base64 (RFC 2397).
std::string data_url(std::string_view bytes, std::string_view type) {
  return "data:" + std::string(type) + ";base64," + encode_base64(bytes);
}

bool is_type(std::string_view type) noexcept {
  return !type.empty() && type.find_first_of(";, \r\n\t") == std::string_view::npos;
}

// The type in a `data:` URL; empty for another one.
std::string_view type_of_url(std::string_view url) noexcept {
  if (!url.starts_with("data:"))
    return {};
  url.remove_prefix(5);
  return url.substr(0, std::min(url.find(';'), url.find(',')));
}

} // namespace

content_part content_part::image(std::string_view bytes, std::string_view mime, std::string detail) {
  if (mime.empty())
    mime = content_type_of(bytes);
  if (!is_type(mime))
    throw error(errc::invalid_argument,
                "an image needs a valid content type, such as image/png, if its bytes do not show it");
  return image_url(data_url(bytes, mime), std::move(detail));
}

content_part content_part::attachment(const media& m) {
  const auto type = m.content_type.empty() ? type_of_url(m.url) : std::string_view(m.content_type);
  if (m.bytes.empty() && type.starts_with("image/") && !m.url.empty())
    return image_url(m.url);
  if (m.bytes.empty() && type_of_url(m.url).empty())
    throw error(errc::invalid_argument, "an attachment needs its bytes: media::file(path), or media(bytes, type)");
  if (!is_type(type))
    throw error(errc::invalid_argument, std::string(no_type));
  auto url = m.bytes.empty() ? m.url : data_url(m.bytes, type);
  if (type.starts_with("image/"))
    return image_url(std::move(url));
  content_part part(kind::file, std::move(url));
  part.name_ = m.name;
  return part;
}

content_part content_part::file(const std::string& path, std::size_t limit) {
  const auto m = media::file(path, limit);
  if (m.content_type.empty())
    throw error(errc::invalid_argument,
                path + " is no image, audio, video or PDF: send a text file's contents as text, or name the type with "
                       "content_part::attachment(media(bytes, type))");
  return attachment(m);
}

message::message(const completion& answer, std::size_t choice) : role_("assistant") {
  if (choice >= answer.choices.size())
    return;
  const auto& c = answer.choices[choice];
  if (!c.text.empty() || c.tool_calls.empty())
    content_ = c.text;
  tool_calls_ = c.tool_calls;
  reasoning_ = c.reasoning;
  reasoning_blocks_ = c.reasoning_blocks;
}

} // namespace weir::inline v0
