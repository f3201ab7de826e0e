// Faithful writing of JSON, declared in json.hpp.
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "codec/json/json.hpp"
#include "codec/json/long_texts.hpp"
#include "codec/text/string_scan.hpp"
#include "codec/text/surrogates.hpp"
#include "codec/text/utf8.hpp"
#include "core/ascii.hpp"

namespace weir::inline v0::codec {

namespace {

using strings = std::span<const std::string_view>;

// Shorter ones cost less to copy than to mark.
constexpr std::size_t is_long = 1u << 14;
// Above the number of the string: quiet, and as no arithmetic makes one.
constexpr std::uint64_t nan_mark = 0x7FFDA17Du;

// What stands for a quote, a backslash or a control character.
void write_escape(std::string& out, char c) {
  constexpr std::string_view from = "\"\\\b\f\n\r\t", to = "\"\\bfnrt";
  out.push_back('\\');
  if (const auto at = from.find(c); at != from.npos)
    out.push_back(to[at]);
  else
    append_hex(out.append("u00"), static_cast<unsigned char>(c));
}

void write_valid(std::string& out, std::string_view s) {
  const char* at = s.data();
  const char* const end = at + s.size();
  for (;;) {
    const char* const plain = at;
    at = plain_end(at, end);
    out.append(plain, at);
    if (at == end)
      return;
    write_escape(out, *at++);
  }
}

void write_string(std::string& out, std::string_view s) {
  out.push_back('"');
  if (valid_utf8_prefix(s) == s.size()) {
    write_valid(out, s);
  } else {
    std::string valid;
    append_repaired(valid, has_surrogate(s) ? settle_surrogates(s) : std::string(s));
    write_valid(out, valid);
  }
  out.push_back('"');
}

// The size of a string as it is written; of a short one about that.
std::size_t written_size(std::string_view s) noexcept {
  auto size = s.size() + 4;
  if (s.size() < is_long)
    return size + s.size() / 32;
  const char* const end = s.data() + s.size();
  for (const char* at = plain_end(s.data(), end); at != end; at = plain_end(at + 1, end))
    size += static_cast<unsigned char>(*at) >= 0x20 || *at == '\n' ? 1 : 5;
  return size;
}

// About the size of the text, exactly of the long strings: it is not to grow, and be copied, again and again.
std::size_t written_size(const json::value& v, strings texts) noexcept {
  std::size_t size = 8;
  if (const auto* s = v.if_string())
    return written_size(std::string_view(s->data(), s->size()));
  if (const auto* d = v.if_double())
    if (const auto* text = marked(*d, texts))
      return written_size(*text);
  if (const auto* list = v.if_array())
    for (const auto& element : *list)
      size += written_size(element, texts);
  if (const auto* o = v.if_object())
    for (const auto& member : *o)
      size += member.key().size() + 4 + written_size(member.value(), texts);
  return size;
}

template <class Number>
std::string_view write_number(std::string& out, Number n) {
  char text[32];
  const auto r = std::to_chars(text, text + sizeof text, n);
  const auto from = out.size();
  out.append(text, r.ptr);
  return std::string_view(out).substr(from);
}

void write(std::string& out, const json::value& v, strings texts) {
  switch (v.kind()) {
  case json::kind::null: out.append("null"); break;
  case json::kind::bool_: out.append(v.get_bool() ? "true" : "false"); break;
  case json::kind::int64: write_number(out, v.get_int64()); break;
  case json::kind::uint64: write_number(out, v.get_uint64()); break;
  case json::kind::double_:
    if (const auto* text = marked(v.get_double(), texts))
      write_string(out, *text);
    else if (!std::isfinite(v.get_double()))
      out.append("null");
    else if (write_number(out, v.get_double()).find_first_of(".e") == std::string_view::npos)
      out.append(".0");
    break;
  case json::kind::string: write_string(out, v.get_string()); break;
  case json::kind::array: {
    char before = '[';
    for (const auto& element : v.get_array()) {
      out.push_back(before);
      write(out, element, texts);
      before = ',';
    }
    out.append(before == '[' ? "[]" : "]");
    break;
  }
  case json::kind::object: {
    char before = '{';
    for (const auto& member : v.get_object()) {
      out.push_back(before);
      write_string(out, member.key());
      out.push_back(':');
      write(out, member.value(), texts);
      before = ',';
    }
    out.append(before == '{' ? "{}" : "}");
    break;
  }
  }
}

} // namespace

json::value long_texts::value_of(std::string_view text, json::storage_ptr storage) {
  if (text.size() < is_long)
    return json::value(text, std::move(storage));
  all_.push_back(text);
  return std::bit_cast<double>(nan_mark << 32 | (all_.size() - 1));
}

const std::string_view* marked(double number, strings all) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(number);
  const auto index = static_cast<std::uint32_t>(bits);
  return bits >> 32 == nan_mark && index < all.size() ? &all[index] : nullptr;
}

std::string to_text(const json::value& v, const long_texts& texts) {
  std::string out;
  out.reserve(written_size(v, texts.all()));
  write(out, v, texts.all());
  return out;
}

std::string to_text(const json::value& v) { return to_text(v, long_texts()); }

} // namespace weir::inline v0::codec
