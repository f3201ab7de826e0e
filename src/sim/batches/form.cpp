#include "sim/batches/form.hpp"

#include <algorithm>
#include <charconv>

namespace weir::inline v0::sim {

namespace {

constexpr std::string_view multipart = "multipart/form-data";

std::optional<std::string_view> quoted_after(std::string_view head, std::string_view mark) {
  for (auto at = head.find(mark); at != head.npos; at = head.find(mark, at + 1)) {
    // Not the end of `filename="`.
    if (at != 0 && head[at - 1] != ' ' && head[at - 1] != ';')
      continue;
    const auto begin = at + mark.size();
    const auto end = head.find('"', begin);
    return end == head.npos ? std::nullopt : std::optional(head.substr(begin, end - begin));
  }
  return std::nullopt;
}

std::string boundary_of(std::string_view type) {
  const auto at = type.find("boundary=");
  if (!type.starts_with(multipart) || at == type.npos)
    return {};
  auto text = type.substr(at + 9);
  text = text.substr(0, text.find(';'));
  if (text.size() > 1 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return text.empty() ? std::string() : "--" + std::string(text);
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3;
    out += escape ? static_cast<char>(value) : text[i] == '+' ? ' ' : text[i];
    if (escape)
      i += 2;
  }
  return out;
}

std::optional<std::string> pair_of(std::string_view pairs, std::string_view name) {
  while (!pairs.empty()) {
    const auto end = std::min(pairs.find('&'), pairs.size());
    const auto one = pairs.substr(0, end);
    const auto sign = std::min(one.find('='), one.size());
    if (decoded(one.substr(0, sign)) == name)
      return decoded(one.substr(std::min(sign + 1, one.size())));
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
  }
  return std::nullopt;
}

} // namespace

std::optional<form_part> part_of(const request& r, std::string_view name) {
  const auto boundary = boundary_of(r.header("content-type"));
  if (boundary.empty())
    return std::nullopt;
  const std::string_view body = r.body;
  const auto next = "\r\n" + boundary;
  const auto mark = "name=\"";
  auto at = body.find(boundary);
  while (at != body.npos) {
    const auto head_at = at + boundary.size() + 2;
    const auto head_end = head_at < body.size() ? body.find("\r\n\r\n", head_at) : body.npos;
    if (head_end == body.npos)
      return std::nullopt;
    const auto end = body.find(next, head_end + 2);
    if (end == body.npos)
      return std::nullopt;
    const auto head = body.substr(head_at, head_end - head_at);
    if (quoted_after(head, mark) == name) {
      form_part out;
      out.file_name = quoted_after(head, "filename=\"").value_or("");
      out.content = end >= head_end + 4 ? body.substr(head_end + 4, end - head_end - 4) : std::string_view();
      return out;
    }
    at = end + 2;
  }
  return std::nullopt;
}

std::optional<std::string> query_of(const request& r, std::string_view name) { return pair_of(r.query, name); }

std::optional<std::string> field_of(const request& r, std::string_view name) {
  if (const auto part = part_of(r, name))
    return std::string(part->content);
  if (r.header("content-type").starts_with("application/x-www-form-urlencoded"))
    if (auto value = pair_of(r.body, name))
      return value;
  return query_of(r, name);
}

std::optional<std::uint64_t> number_of(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

} // namespace weir::inline v0::sim
