// Writes JSON objects of which some members are JSON already.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "codec/json/json.hpp"

namespace weir::inline v0 {

/// Appends a text as a JSON string, as codec::to_text() writes it: what is not UTF-8 becomes U+FFFD.
void append_quoted(std::string& out, std::string_view text);

/// Appends one object to a string, member by member, without spaces. The caller sees to it that no key comes twice.
class object_writer {
public:
  explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }
  object_writer(const object_writer&) = delete;
  object_writer& operator=(const object_writer&) = delete;

  /// The string, to which a JSON value in text form is appended next: another object, for example.
  std::string& member(std::string_view key) {
    if (filled_)
      out_ += ',';
    filled_ = true;
    append_quoted(out_, key);
    out_ += ':';
    return out_;
  }
  /// `json`: a JSON value in text form.
  void raw(std::string_view key, std::string_view json) { member(key).append(json); }
  void text(std::string_view key, std::string_view value) { append_quoted(member(key), value); }
  void null(std::string_view key) { raw(key, "null"); }
  void flag(std::string_view key, bool on) { raw(key, on ? "true" : "false"); }
  template <std::integral T>
  void number(std::string_view key, T n) {
    char digits[24];
    raw(key, {digits, std::to_chars(digits, digits + sizeof digits, n).ptr});
  }
  void number(std::string_view key, double d) { raw(key, codec::to_text(codec::json::value(d))); }
  /// Only if it is not empty.
  void text_if(std::string_view key, std::string_view value) {
    if (!value.empty())
      text(key, value);
  }
  void close() { out_ += '}'; }

private:
  std::string& out_;
  bool filled_ = false;
};

} // namespace weir::inline v0
