#include "codec/json/json_mend.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

#include "codec/text/utf8.hpp"
#include "core/ascii.hpp"

namespace weir::inline v0::codec {

namespace {

constexpr std::size_t escape_size = 6; // of \uXXXX

std::optional<std::uint32_t> escaped_at(std::string_view text, std::size_t i) noexcept {
  if (text.substr(i, 2) != "\\u" || text.size() < i + escape_size)
    return std::nullopt;
  std::uint32_t code = 0;
  const char* const end = text.data() + i + escape_size;
  const auto r = std::from_chars(text.data() + i + 2, end, code, 16);
  return r.ec == std::errc() && r.ptr == end ? std::optional(code) : std::nullopt;
}

bool is_first_half(std::uint32_t code) noexcept { return code >= 0xD800 && code < 0xDC00; }
bool is_second_half(std::uint32_t code) noexcept { return code >= 0xDC00 && code < 0xE000; }

class mender {
public:
  mender(std::string_view text, lone_surrogates how) : text_(text), how_(how) { out_.reserve(text.size()); }

  std::string run() {
    while (at_ < text_.size())
      inside_ ? in_string() : outside();
    return std::move(out_);
  }

private:
  void copy(std::size_t n) {
    const auto part = text_.substr(at_, n);
    out_.append(part);
    at_ += part.size();
  }

  void outside() {
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"})
      if (text_.substr(at_).starts_with(word)) {
        out_.append("null");
        at_ += word.size();
        return;
      }
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') {
      ++at_; // separators of records, and zeros at the end
      return;
    }
    inside_ = c == '"';
    copy(1);
  }

  void in_string() {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '\\') {
      in_escape();
    } else if (c < 0x20) {
      append_hex(out_.append("\\u00"), c);
      ++at_;
    } else {
      inside_ = c != '"';
      copy(1);
    }
  }

  void in_escape() {
    const auto code = escaped_at(text_, at_);
    if (!code || !(is_first_half(*code) || is_second_half(*code))) {
      copy(code ? escape_size : 2);
      return;
    }
    const auto next = escaped_at(text_, at_ + escape_size);
    if (is_first_half(*code) && next && is_second_half(*next)) {
      copy(2 * escape_size);
      return;
    }
    if (how_ == lone_surrogates::replace) {
      out_.append("\xEF\xBF\xBD");
    } else {
      out_.push_back(static_cast<char>(0xE0 | *code >> 12));
      out_.push_back(static_cast<char>(0x80 | (*code >> 6 & 0x3F)));
      out_.push_back(static_cast<char>(0x80 | (*code & 0x3F)));
    }
    at_ += escape_size;
  }

  std::string_view text_;
  lone_surrogates how_;
  std::string out_;
  std::size_t at_ = 0;
  bool inside_ = false; // of a string
};

} // namespace

std::string mend_json(std::string_view text, lone_surrogates how) {
  constexpr std::string_view bom = "\xEF\xBB\xBF";
  if (text.starts_with(bom))
    text.remove_prefix(bom.size());
  std::string valid;
  if (valid_utf8_prefix(text) != text.size()) {
    append_repaired(valid, text);
    text = valid;
  }
  return mender(text, how).run();
}

} // namespace weir::inline v0::codec
