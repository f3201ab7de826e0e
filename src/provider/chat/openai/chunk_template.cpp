#include "provider/chat/openai/chunk_template.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include "codec/text/string_scan.hpp"
#include "codec/text/utf8.hpp"

namespace weir::inline v0::provider {

namespace {

// Of a number that every parser reads as the same.
constexpr std::size_t most_digits = 18;

bool is_part(std::string_view part, std::string_view of) noexcept {
  const std::less_equal<> before;
  return before(of.data(), part.data()) && before(part.data() + part.size(), of.data() + of.size());
}

std::size_t string_size(std::string_view data, std::size_t at) noexcept {
  const auto* const begin = data.data() + at;
  return static_cast<std::size_t>(codec::plain_end(begin, data.data() + data.size()) - begin);
}

std::size_t number_size(std::string_view data, std::size_t at) noexcept {
  std::size_t n = 0;
  while (at + n != data.size() && n <= most_digits && data[at + n] >= '0' && data[at + n] <= '9')
    ++n;
  return n > most_digits || (n > 1 && data[at] == '0') ? 0 : n;
}

} // namespace

// Where the value after a key is. Nothing but a colon and spaces can be between them.
std::optional<chunk_template::place> chunk_template::place_of(std::string_view data, std::string_view key) {
  if (key.empty() || !is_part(key, data))
    return std::nullopt;
  const auto after = static_cast<std::size_t>(key.data() + key.size() - data.data()) + 1;
  const auto at = data.find_first_not_of(" \t\r\n:", after);
  if (at == data.npos)
    return std::nullopt;
  const bool string = data[at] == '"';
  const auto begin = at + (string ? 1 : 0);
  const auto size = string ? string_size(data, begin) : number_size(data, begin);
  const auto next = begin + size;
  if (next == data.size() || (string ? data[next] != '"' : size == 0 || data.find_first_of(".eE", next) == next))
    return std::nullopt;
  return place(begin, size, string ? gap::string : gap::number);
}

void chunk_template::learn(std::string_view data, std::string_view text, std::span<const std::string_view> loose,
                           const event& e) {
  auto said = place_of(data, text);
  if (!said || said->what != gap::string || data.substr(said->begin, said->size) != e.content())
    return;
  said->what = gap::text;
  gaps_.assign(1, *said);
  for (const auto key : loose)
    if (const auto found = place_of(data, key))
      gaps_.push_back(*found);
  std::sort(gaps_.begin(), gaps_.end(), [](const place& a, const place& b) { return a.begin < b.begin; });
  fixed_.clear();
  std::size_t done = 0;
  for (auto& g : gaps_) {
    fixed_.append(data.substr(done, g.begin - done));
    done = g.begin + g.size;
    g.end = fixed_.size();
  }
  fixed_.append(data.substr(done));
  kind_ = e.type();
  choice_ = e.choice();
}

std::string_view chunk_template::match(std::string_view data) noexcept {
  std::string_view text;
  if (gaps_.empty())
    return text;
  std::size_t at = 0, done = 0;
  const auto take = [&](std::size_t end) {
    const auto size = end - done;
    if (data.size() - at < size || std::memcmp(data.data() + at, fixed_.data() + done, size) != 0)
      return false;
    at += size;
    done = end;
    return true;
  };
  for (const auto& g : gaps_) {
    if (!take(g.end))
      return {};
    const auto size = g.what == gap::number ? number_size(data, at) : string_size(data, at);
    const auto value = data.substr(at, size);
    // The events of a list that came at once are as they were sent.
    if (g.what == gap::number ? size == 0 : codec::valid_utf8_prefix(value) != size)
      return {};
    if (g.what == gap::text)
      text = value;
    at += size;
  }
  if (data.size() - at != fixed_.size() - done || !take(fixed_.size()))
    return {};
  if (!text.empty())
    misses_ = 0;
  return text;
}

} // namespace weir::inline v0::provider
