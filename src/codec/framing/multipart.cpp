#include "codec/framing/multipart.hpp"

#include <algorithm>

#include <weir/core/error.hpp>

namespace weir::inline v0::codec {

namespace {

constexpr std::size_t longest_boundary = 70;

void check(std::string_view text, std::string_view what) {
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    throw error(errc::invalid_argument, std::string(what) + " of a form's part has a control character");
}

// As browsers do (WHATWG, multipart/form-data encoding): there is no other way to write a quote.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text)
    out += c == '"' ? std::string("%22") : std::string(1, c);
  return out + '"';
}

bool is_boundary_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

} // namespace

void form_data::append(std::string head, std::string_view content) {
  // What is around a part: two line ends, the dashes and the longest boundary.
  const auto size = head.size() + content.size() + longest_boundary + 8;
  if (size > limit_ - size_)
    throw error(errc::invalid_argument, "the form is larger than " + std::to_string(limit_) + " bytes");
  size_ += size;
  part p;
  p.head = std::move(head);
  p.content = content;
  parts_.push_back(std::move(p));
}

void form_data::add(std::string_view name, std::string_view value) {
  check(name, "the name");
  append("Content-Disposition: form-data; name=" + quoted(name) + "\r\n\r\n", value);
}

void form_data::add_file(std::string_view name, std::string_view file_name, std::string_view content_type,
                         std::string_view bytes) {
  check(name, "the name");
  check(file_name, "the file name");
  check(content_type, "the content type");
  append("Content-Disposition: form-data; name=" + quoted(name) + "; filename=" + quoted(file_name) +
             "\r\nContent-Type: " + std::string(content_type) + "\r\n\r\n",
         bytes);
}

bool form_data::clashes(std::string_view boundary) const noexcept {
  return std::any_of(parts_.begin(), parts_.end(), [boundary](const part& p) {
    return p.content.find(boundary) != p.content.npos || p.head.find(boundary) != p.head.npos;
  });
}

std::string form_data::body(std::string_view boundary) const {
  if (boundary.empty() || boundary.size() > longest_boundary ||
      !std::all_of(boundary.begin(), boundary.end(), is_boundary_character))
    throw error(errc::invalid_argument, "a boundary has 1 to 70 letters, digits and dashes");
  if (clashes(boundary))
    throw error(errc::invalid_argument, "a part of the form contains the boundary");
  std::string all;
  all.reserve(size_ + longest_boundary + 8);
  for (const auto& p : parts_) {
    all.append("--").append(boundary).append("\r\n").append(p.head);
    all.append(p.content).append("\r\n");
  }
  return all.append("--").append(boundary).append("--\r\n");
}

std::string form_data::content_type(std::string_view boundary) {
  return "multipart/form-data; boundary=" + std::string(boundary);
}

} // namespace weir::inline v0::codec
