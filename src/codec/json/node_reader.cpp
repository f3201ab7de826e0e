// One pass over a JSON text. It refuses whatever is not certain to be strict JSON: another parser decides then.
#include <charconv>
#include <cstring>

#include "codec/json/node.hpp"
#include "codec/text/string_scan.hpp"
#include "codec/text/utf8.hpp"

namespace weir::inline v0::codec {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// A value of so many digits is below 2^63.
constexpr std::ptrdiff_t short_digits = 18;
// A number of so many characters without an exponent neither overflows nor underflows.
constexpr std::ptrdiff_t short_number = 300;
constexpr std::ptrdiff_t exponent_digits = 3;
// Looking for a key among more of them would take long.
constexpr std::uint32_t most_members = 64;
constexpr std::uint32_t no_code = ~std::uint32_t{0};

} // namespace

class node_reader {
public:
  node_reader(document& to, std::string_view text) noexcept : to_(to), at_(text.data()), end_(at_ + text.size()) {}

  bool run() {
    skip_space();
    if (!value())
      return false;
    skip_space();
    return at_ == end_;
  }

private:
  bool is(char c) const noexcept { return at_ != end_ && *at_ == c; }
  bool take(char c) noexcept {
    const bool found = is(c);
    at_ += found ? 1 : 0;
    return found;
  }
  bool take(std::string_view word) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
      return false;
    at_ += word.size();
    return true;
  }
  void skip_space() noexcept {
    // Most have none at all.
    while (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ' &&
           (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
      ++at_;
  }

  bool value() {
    if (at_ == end_)
      return false;
    switch (*at_) {
    case '"': return string();
    case '{': return nested(&node_reader::object);
    case '[': return nested(&node_reader::array);
    case 'n': to_.push(json::kind::null, 0); return take("null");
    case 't': to_.push(json::kind::bool_, 0).value_.flag = true; return take("true");
    case 'f': to_.push(json::kind::bool_, 0).value_.flag = false; return take("false");
    default: return number();
    }
  }

  bool nested(bool (node_reader::*inside)()) {
    if (depth_ == max_json_depth)
      return false;
    ++depth_;
    ++at_;
    skip_space();
    const bool good = (this->*inside)();
    --depth_;
    return good;
  }

  bool array() {
    const auto first = to_.size_;
    to_.push(json::kind::array, 0);
    std::uint32_t count = 0;
    if (!take(']'))
      for (;;) {
        if (!value())
          return false;
        ++count;
        skip_space();
        if (take(']'))
          break;
        if (!take(','))
          return false;
        skip_space();
      }
    to_.close(first, count);
    return true;
  }

  bool object() {
    const auto first = to_.size_;
    to_.push(json::kind::object, 0);
    std::uint32_t count = 0;
    std::uint64_t marks = 0;
    if (!take('}'))
      for (;;) {
        if (!is('"') || !string() || !is_new_key(first, count, marks))
          return false;
        skip_space();
        if (!take(':'))
          return false;
        skip_space();
        if (!value())
          return false;
        ++count;
        skip_space();
        if (take('}'))
          break;
        if (!take(','))
          return false;
        skip_space();
      }
    to_.close(first, count);
    return true;
  }

  // Of the key that was read last. Most are told apart by a mark, without looking at the others.
  bool is_new_key(std::size_t object, std::uint32_t count, std::uint64_t& marks) const noexcept {
    const auto key = to_.nodes_[to_.size_ - 1].get_string();
    const auto mark = std::uint64_t{1} << (key.empty() ? 0 : (key.size() * 11 + key.front() * 7 + key.back()) & 63u);
    const bool marked = (marks & mark) != 0;
    marks |= mark;
    if (!marked)
      return true;
    if (count > most_members)
      return false;
    const auto* other = to_.nodes_ + object + 1;
    for (std::uint32_t i = 0; i < count; ++i, other += 1 + other[1].span_)
      if (other->get_string() == key)
        return false;
    return true;
  }

  bool string() {
    const char* const begin = ++at_;
    at_ = plain_end(at_, end_);
    if (at_ == end_)
      return false;
    if (*at_ == '\\')
      return escaped(begin);
    to_.push(json::kind::string, static_cast<std::uint32_t>(at_ - begin)).value_.text = begin;
    return take('"');
  }

  bool escaped(const char* begin) {
    auto* const made = room();
    for (;;) {
      std::memcpy(text_, begin, static_cast<std::size_t>(at_ - begin));
      text_ += at_ - begin;
      if (at_ == end_)
        return false;
      if (*at_ != '\\')
        break;
      if (!escape())
        return false;
      begin = at_;
      at_ = plain_end(at_, end_);
    }
    to_.push(json::kind::string, static_cast<std::uint32_t>(text_ - made)).value_.text = made;
    return take('"');
  }

  // Strings are never longer than they are written, so there is room for all that are to come.
  char* room() {
    if (text_)
      return text_;
    const auto most = static_cast<std::size_t>(end_ - at_) + static_cast<std::size_t>(at_ - begin_);
    if (most > document::held_text)
      to_.more_text_ = std::make_unique<char[]>(most);
    return text_ = most > document::held_text ? to_.more_text_.get() : to_.text_;
  }

  bool escape() {
    if (end_ - at_ < 2)
      return false;
    const char c = at_[1];
    at_ += 2;
    switch (c) {
    case '"':
    case '\\':
    case '/': *text_++ = c; return true;
    case 'b': *text_++ = '\b'; return true;
    case 'f': *text_++ = '\f'; return true;
    case 'n': *text_++ = '\n'; return true;
    case 'r': *text_++ = '\r'; return true;
    case 't': *text_++ = '\t'; return true;
    case 'u': return unicode();
    default: return false;
    }
  }

  std::uint32_t code_unit() noexcept {
    std::uint32_t code = 0;
    if (end_ - at_ < 4)
      return no_code;
    for (const char* const after = at_ + 4; at_ != after; ++at_) {
      const char c = *at_;
      const auto letter = static_cast<char>(c | 0x20);
      if (is_digit(c))
        code = code << 4 | static_cast<std::uint32_t>(c - '0');
      else if (letter >= 'a' && letter <= 'f')
        code = code << 4 | static_cast<std::uint32_t>(letter - 'a' + 10);
      else
        return no_code;
    }
    return code;
  }

  bool unicode() noexcept {
    auto code = code_unit();
    if (code >= 0xD800 && code < 0xE000) {
      if (code >= 0xDC00 || !take("\\u"))
        return false;
      const auto low = code_unit();
      if (low < 0xDC00 || low >= 0xE000)
        return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code == no_code)
      return false;
    text_ = put_code_point(text_, code);
    return true;
  }

  bool number() {
    const char* const begin = at_;
    const bool negative = take('-');
    const char* const digits = at_;
    std::uint64_t n = 0;
    for (; at_ != end_ && is_digit(*at_); ++at_)
      n = n * 10 + static_cast<std::uint64_t>(*at_ - '0');
    const auto count = at_ - digits;
    if (count == 0 || (*digits == '0' && count > 1))
      return false;
    if (is('.') || is('e') || is('E'))
      return real(begin);
    if (count > short_digits)
      return long_integer(begin, negative);
    if (negative && n == 0)
      to_.push(json::kind::double_, 0).value_.real = -0.0;
    else
      to_.push(json::kind::int64, 0).value_.integer =
          negative ? -static_cast<std::int64_t>(n) : static_cast<std::int64_t>(n);
    return true;
  }

  bool skip_digits() noexcept {
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_))
      ++at_;
    return at_ != begin;
  }

  bool real(const char* begin) {
    if (take('.') && !skip_digits())
      return false;
    const bool exponent = take('e') || take('E');
    if (exponent) {
      if (!take('-'))
        take('+');
      const char* const digits = at_;
      if (!skip_digits() || at_ - digits > exponent_digits)
        return false;
    }
    if (exponent || at_ - begin > short_number)
      return evaluated(begin);
    to_.push(json::kind::double_, static_cast<std::uint32_t>(at_ - begin)).value_.text = begin;
    return true;
  }

  bool long_integer(const char* begin, bool negative) {
    std::int64_t i = 0;
    if (std::from_chars(begin, at_, i).ec == std::errc()) {
      to_.push(json::kind::int64, 0).value_.integer = i;
      return true;
    }
    std::uint64_t u = 0;
    if (!negative && std::from_chars(begin, at_, u).ec == std::errc()) {
      to_.push(json::kind::uint64, 0).value_.whole = u;
      return true;
    }
    return evaluated(begin);
  }

  bool evaluated(const char* begin) {
    double exact = 0;
    if (std::from_chars(begin, at_, exact).ec != std::errc())
      return false;
    to_.push(json::kind::double_, 0).value_.real = exact;
    return true;
  }

  document& to_;
  const char* at_;
  const char* end_;
  const char* const begin_ = at_;
  char* text_ = nullptr; // where the next string with escapes goes
  std::size_t depth_ = 0;
};

bool document::parse(std::string_view text) {
  size_ = 0;
  return text.size() <= json::string::max_size() && valid_utf8_prefix(text) == text.size() &&
         node_reader(*this, text).run();
}

} // namespace weir::inline v0::codec
