#include "provider/response/redaction.hpp"

#include <algorithm>

#include <weir/core/base64.hpp>

#include "core/ascii.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0::provider {

namespace {

// Shorter ones cannot be told from ordinary words.
constexpr std::size_t shortest = 8;

// The character that `count` hexadecimal digits encode; -1 if none, or not ASCII.
int hexadecimal(std::string_view text, std::size_t count) noexcept {
  if (text.size() < count)
    return -1;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    const int digit = hex_value(c);
    if (digit < 0 || value > 0x7f)
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

// How many characters of the text encode this one: escaped, or itself. 0 if none.
std::size_t stands_for(std::string_view text, char c) noexcept {
  if (text.starts_with('%') && hexadecimal(text.substr(1), 2) == c)
    return 3;
  if (text.starts_with("\\u") && hexadecimal(text.substr(2), 4) == c)
    return 6;
  if (text.size() > 1 && text[0] == '\\' && text[1] == c)
    return 2;
  return text.starts_with(c) ? 1 : 0;
}

std::size_t escaped_size(std::string_view text, std::string_view key) noexcept {
  std::size_t at = 0;
  for (const char c : key) {
    const auto n = stands_for(text.substr(at), c);
    if (n == 0)
      return 0;
    at += n;
  }
  return at;
}

// The part of a base64 text that depends on the key alone, if it starts after so many bytes of something else.
std::string base64_core(std::string_view key, std::size_t after) {
  std::string whole(after, '\0');
  whole += key;
  const auto begin = (8 * after + 5) / 6;
  const auto core = encode_base64(whole).substr(begin, 8 * whole.size() / 6 - begin);
  cleanse(whole.data(), whole.size());
  return core;
}

bool is_base64(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

// In the alphabet of the cores.
std::string standard(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return text;
}

} // namespace

class redaction::struck {
public:
  struck(std::string_view key, std::string mark) : key_(key), mark_(std::move(mark)) {
    for (std::size_t after = 0; after < 3; ++after)
      cores_.push_back(base64_core(key, after));
  }
  void forget() noexcept {
    cleanse(key_.data(), key_.size());
    for (auto& core : cores_)
      cleanse(core.data(), core.size());
  }

  void out_of(std::string& text) const {
    if (text.size() < key_.size())
      return;
    // Continues after the mark, which may contain the key itself.
    for (auto at = text.find(key_); at != text.npos; at = text.find(key_, at + mark_.size()))
      text.replace(at, key_.size(), mark_);
    if (key_.size() < shortest)
      return;
    if (text.find_first_of("%\\") != text.npos)
      escaped_out_of(text);
    if (text.size() >= cores_.back().size())
      base64_out_of(text);
  }

private:
  void escaped_out_of(std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      const auto size = escaped_size(std::string_view(text).substr(at), key_);
      if (size > 0)
        text.replace(at, size, mark_);
      at += size > 0 ? mark_.size() : 1;
    }
  }
  void base64_out_of(std::string& text) const {
    auto plain = standard(text);
    for (const auto& core : cores_)
      for (auto at = plain.find(core); at != plain.npos; at = plain.find(core, at + mark_.size())) {
        auto end = at + core.size();
        while (at > 0 && is_base64(text[at - 1]))
          --at;
        while (end < text.size() && is_base64(text[end]))
          ++end;
        text.replace(at, end - at, mark_);
        plain.replace(at, end - at, mark_);
      }
  }

  std::string key_, mark_;
  std::vector<std::string> cores_;
};

redaction::redaction(const route& to) {
  if (to.auth && to.auth->key)
    all_.emplace_back(to.auth->key.reveal(), to.auth->key.redacted());
  if (to.former_key)
    all_.emplace_back(to.former_key.reveal(), to.former_key.redacted());
  for (const auto& [name, value] : to.headers)
    if (http::names_key(name)) {
      // After the scheme.
      const auto key = std::string_view(value).substr(value.find(' ') + 1);
      if (key.size() >= shortest)
        all_.emplace_back(key, "***");
    }
}

redaction::~redaction() {
  for (auto& one : all_)
    one.forget();
}

std::string redaction::operator()(std::string text) const {
  for (const auto& one : all_)
    one.out_of(text);
  return text;
}

std::string without_key(std::string text, const route& to) {
  if (text.empty())
    return text;
  return redaction(to)(std::move(text));
}

failure without_key(failure f, const route& to) {
  const redaction hidden(to);
  f.remote(hidden(f.remote()));
  f.remote_code(hidden(f.remote_code()));
  f.request_id(hidden(f.request_id()));
  return f;
}

} // namespace weir::inline v0::provider
