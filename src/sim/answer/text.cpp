#include "sim/answer/text.hpp"

#include <algorithm>

namespace weir::inline v0::sim {

namespace {

constexpr std::string_view paragraph =
    "A weir is a low wall across a river. It does not stop the water: it holds back what comes too fast, lets "
    "through what the channel below can carry, and keeps the level above it steady. When the river rises, the "
    "surplus goes over the crest in a sheet that anyone can measure; when it falls, the pool behind the wall "
    "still feeds the mill. Nothing is lost and nothing is invented on the way. Those who tend one learn to watch "
    "three things: how long the first drop takes to arrive, how even the flow is after that, and whether the "
    "stream ended because the source ran dry or because somebody closed the gate.";

constexpr std::size_t quoted_words = 12;
constexpr std::size_t longest_word = 64;
constexpr std::size_t piece_bytes = 12;

/// Splits into words that keep the space before them, as models' tokens do.
std::vector<std::string> tokens_of(std::string_view text, bool leading_space) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find(' ', at), text.size());
    const std::string_view gap = leading_space || !out.empty() ? " " : "";
    if (end > at)
      out.push_back(std::string(gap).append(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

const std::vector<std::string>& paragraph_tokens() {
  static const auto tokens = tokens_of(paragraph, true);
  return tokens;
}

bool space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

} // namespace

std::string beginning(std::string_view text) {
  std::string out;
  std::size_t words = 0;
  for (std::size_t i = 0; i < text.size();) {
    while (i < text.size() && space(text[i]))
      ++i;
    const auto start = i;
    while (i < text.size() && !space(text[i]))
      ++i;
    if (i == start)
      break;
    if (words++ == quoted_words || i - start > longest_word)
      return out + (out.empty() ? "..." : " ...");
    out.append(out.empty() ? "" : " ").append(text.substr(start, i - start));
  }
  return out;
}

answer_text::answer_text(std::string_view prompt, wording style) {
  const auto words = beginning(prompt);
  std::string opening = style == wording::foreign ? "Grüße 日本語 🌊 " : "";
  if (!words.empty())
    opening += "You said: \"" + words + "\". ";
  opening += "No model was called, this is the simulated provider of weir, so here is something about weirs instead.";
  if (style == wording::json) {
    opening_ = tokens_of("{\"answer\": \"" + escaped(opening) + "\"}", false);
    natural_length_ = opening_.size();
  } else {
    opening_ = tokens_of(opening, false);
    natural_length_ = opening_.size() + paragraph_tokens().size();
  }
}

answer_text answer_text::verbatim(const std::string& text) {
  answer_text out;
  out.opening_ = pieces(text);
  out.natural_length_ = out.opening_.size();
  return out;
}

std::optional<std::string> answer_text::end_at(const std::vector<std::string>& stops, std::uint64_t count,
                                               bool inclusive) {
  // Beyond the second paragraph the text repeats itself.
  const auto searched = text(std::min<std::uint64_t>(count, opening_.size() + 2 * paragraph_tokens().size()));
  std::size_t end = searched.npos;
  std::optional<std::string> found;
  for (const auto& stop : stops)
    if (const auto at = searched.find(stop); !stop.empty() && at < end) {
      end = at;
      found = stop;
    }
  if (!found)
    return found;
  end += inclusive ? found->size() : 0;
  std::vector<std::string> kept;
  for (std::size_t size = 0; size < end; size += kept.back().size())
    kept.push_back(token(kept.size()).substr(0, end - size));
  opening_ = std::move(kept);
  natural_length_ = opening_.size();
  return found;
}

const std::string& answer_text::token(std::uint64_t index) const noexcept {
  if (index < opening_.size())
    return opening_[index];
  const auto& again = paragraph_tokens();
  return again[(index - opening_.size()) % again.size()];
}

std::string answer_text::text(std::uint64_t count) const {
  std::string out;
  for (std::uint64_t i = 0; i < count; ++i)
    out += token(i);
  return out;
}

std::vector<std::string> pieces(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = std::min(at + piece_bytes, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
      ++end;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::uint64_t count_words(std::string_view text) noexcept {
  std::uint64_t count = 0;
  bool inside = false;
  for (const char c : text) {
    if (!space(c) && !inside)
      ++count;
    inside = !space(c);
  }
  return count;
}

std::string escaped(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

} // namespace weir::inline v0::sim
