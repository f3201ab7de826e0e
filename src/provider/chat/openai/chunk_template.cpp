#include "provider/chat/openai/chunk_template.hpp"

#include <cstring>

namespace weir::inline v0::provider {

namespace {

bool ends_with(std::string_view data, std::string_view tail) noexcept {
  return std::memcmp(data.data() + data.size() - tail.size(), tail.data(), tail.size()) == 0;
}

} // namespace

void chunk_template::learn(std::string_view data, std::string_view key, const event& e) {
  // Inside a string these quotes would be escaped, so a match is a member.
  std::string member = "\"";
  member.append(key).append("\":\"");
  const auto at = data.find(member);
  if (at == std::string_view::npos || data.find(member, at + 1) != std::string_view::npos)
    return;
  const auto begin = at + member.size();
  const auto& text = e.content();
  if (data.substr(begin, text.size()) != text || data.size() <= begin + text.size() ||
      data[begin + text.size()] != '"' || text.find('\\') != std::string::npos)
    return;
  before_.assign(data.substr(0, begin));
  after_.assign(data.substr(begin + text.size()));
  kind_ = e.type();
  choice_ = e.choice();
}

std::string_view chunk_template::match(std::string_view data) const noexcept {
  if (before_.empty() || data.size() <= before_.size() + after_.size() ||
      std::memcmp(data.data(), before_.data(), before_.size()) != 0 || !ends_with(data, after_))
    return {};
  const auto text = data.substr(before_.size(), data.size() - before_.size() - after_.size());
  for (const unsigned char c : text)
    if (c == '"' || c == '\\' || c < 0x20)
      return {};
  return text;
}

} // namespace weir::inline v0::provider
