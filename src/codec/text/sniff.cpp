#include "codec/text/sniff.hpp"

#include <algorithm>
#include <array>

#include "core/ascii.hpp"

namespace weir::inline v0::codec {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view mark = "\xEF\xBB\xBF";
// Enough for a declaration and a comment before the first tag.
constexpr std::size_t looked_at = 1024;

constexpr std::array<std::string_view, 5> fields{"data", "event", "id", "retry", ""};
constexpr std::array<std::string_view, 6> page_tags{"!doctype html", "html", "head", "body", "title", "meta"};

bool begins(std::string_view text, std::string_view lower_case) noexcept {
  return text.size() >= lower_case.size() && std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                                                        [](char a, char b) { return a == to_lower(b); });
}

std::size_t find_word(std::string_view text, std::string_view lower_case, std::size_t from = 0) noexcept {
  from = std::min(from, text.size());
  const auto at = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), lower_case.begin(),
                              lower_case.end(), [](char a, char b) { return to_lower(a) == b; });
  return at == text.end() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

std::string_view without_blanks(std::string_view text) noexcept {
  if (text.starts_with(mark))
    text.remove_prefix(mark.size());
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text;
}

bool is_page(std::string_view text) noexcept {
  text = text.substr(0, looked_at);
  const auto tag = std::any_of(page_tags.begin(), page_tags.end(),
                               [&](std::string_view name) { return begins(text.substr(1), name); });
  return tag || find_word(text, "<html") != text.npos;
}

// In any encoding.
bool is_text(std::string_view text) noexcept {
  text = text.substr(0, looked_at);
  return std::none_of(text.begin(), text.end(), [](unsigned char c) {
    const bool usual = blanks.find(static_cast<char>(c)) != blanks.npos || c == '\f' || c == 0x1B;
    return (c < 0x20 && !usual) || c == 0x7F;
  });
}

struct entity {
  std::string_view name;
  std::string_view text;
};
constexpr entity entities[] = {{"&amp;", "&"}, {"&lt;", "<"},   {"&gt;", ">"},   {"&quot;", "\""},
                               {"&#39;", "'"}, {"&apos;", "'"}, {"&nbsp;", " "}, {"&#x27;", "'"}};

} // namespace

content sniff(std::string_view start) noexcept {
  const auto text = without_blanks(start);
  if (text.empty())
    return content::nothing;
  if (text.front() == '{' || text.front() == '[')
    return content::json;
  if (text.front() == '<')
    return is_page(text) ? content::page : content::markup;
  for (const auto name : fields)
    if (text.starts_with(name) && text.substr(name.size()).starts_with(':'))
      return content::events;
  return is_text(text) ? content::text : content::binary;
}

bool undecided(std::string_view start) noexcept {
  const auto text = without_blanks(start);
  if (text.empty() || mark.starts_with(text))
    return true;
  if (text.front() == '<')
    return text.size() < 16 && text.find('>') == text.npos;
  return std::any_of(fields.begin(), fields.end(), [&](std::string_view name) { return name.starts_with(text); });
}

bool several_objects(std::string_view text) noexcept {
  text = without_blanks(text);
  const auto end = text.find('\n');
  if (!text.starts_with('{') || end == text.npos)
    return false;
  const auto last = text.find_last_not_of(blanks, end);
  return text[last] == '}' && without_blanks(text.substr(end)).starts_with('{');
}

std::string text_of_markup(std::string_view markup, std::size_t limit) {
  std::string text;
  bool in_tag = false;
  for (std::size_t i = 0; i < markup.size() && text.size() < limit; ++i) {
    const char c = markup[i];
    if (c == '<' || in_tag) {
      in_tag = c != '>';
      if (!in_tag && !text.empty() && text.back() != ' ')
        text += ' ';
      continue;
    }
    if (c == '&') {
      const auto* known = std::find_if(std::begin(entities), std::end(entities),
                                       [&](const entity& e) { return begins(markup.substr(i), e.name); });
      if (known != std::end(entities)) {
        text += known->text;
        i += known->name.size() - 1;
        continue;
      }
    }
    if (blanks.find(c) == blanks.npos)
      text += c;
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
  while (text.ends_with(' '))
    text.pop_back();
  return text;
}

std::string element_of(std::string_view markup, std::string_view name) {
  for (std::size_t at = 0; (at = find_word(markup, name, at)) != markup.npos; at += name.size()) {
    const auto before = at == 0 ? ' ' : markup[at - 1];
    const auto after = markup.substr(at + name.size());
    if ((before != '<' && before != ':') || after.empty() ||
        (after.front() != '>' && blanks.find(after.front()) == blanks.npos))
      continue;
    const auto open = markup.find('>', at);
    if (open == markup.npos)
      return {};
    const auto inside = markup.substr(open + 1);
    const auto close = find_word(inside, std::string(name) + '>');
    return text_of_markup(inside.substr(0, inside.rfind('<', close)), looked_at);
  }
  return {};
}

std::string title_of(std::string_view page) {
  for (const auto* name : {"title", "h1", "h2"})
    if (auto text = element_of(page, name); !text.empty())
      return text;
  return {};
}

} // namespace weir::inline v0::codec
