#include "codec/json/floats.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <weir/core/base64.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::codec {

namespace {

// Bytes of text per number, base64 included, for reserving: real vectors take more.
constexpr std::size_t shortest_number = 5;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

void skip_space(const char*& at, const char* end) noexcept {
  while (at != end && is_space(*at))
    ++at;
}

// from_chars() also takes `01`, `1.`, `.5`, `inf` and `nan`, which are not JSON: they differ in how they begin.
bool begins_as_json(const char* at, const char* end) noexcept {
  if (at != end && *at == '-')
    ++at;
  if (at == end || !is_digit(*at))
    return false;
  if (*at++ != '0')
    while (at != end && is_digit(*at))
      ++at;
  else if (at != end && is_digit(*at))
    return false;
  return at == end || *at != '.' || (++at != end && is_digit(*at));
}

bool read_number(const char*& at, const char* end, float& value) noexcept {
  if (!begins_as_json(at, end))
    return false;
  const auto [after, ec] = std::from_chars(at, end, value);
  if (ec == std::errc::result_out_of_range) {
    // Too large and too small look alike here.
    error_code wide;
    const auto v = parse_json(std::string_view(at, static_cast<std::size_t>(after - at)), wide);
    if (wide || std::abs(v.to_number<double>()) > 1)
      return false;
    value = static_cast<float>(v.to_number<double>());
  } else if (ec != std::errc()) {
    return false;
  }
  at = after;
  return true;
}

// `at` is past the opening bracket; on return past the closing one.
bool read_row(const char*& at, const char* end, std::vector<float>& values) {
  skip_space(at, end);
  if (at != end && *at == ']')
    return ++at, true;
  for (;;) {
    float value = 0;
    if (!read_number(at, end, value))
      return false;
    values.push_back(value);
    skip_space(at, end);
    if (at == end)
      return false;
    const char next = *at++;
    if (next == ']')
      return true;
    if (next != ',')
      return false;
    skip_space(at, end);
  }
}

// `at` is past the opening quote; on return past the closing one. False if there is none.
bool skip_string(const char*& at, const char* end) noexcept {
  const char* const begin = at;
  while ((at = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at))))) {
    const char* before = at++;
    while (before != begin && before[-1] == '\\')
      --before;
    if ((at - 1 - before) % 2 == 0)
      return true;
  }
  at = end;
  return false;
}

std::string unescaped(std::string_view raw) {
  error_code ec;
  const auto v = parse_json("\"" + std::string(raw) + "\"", ec);
  return ec ? std::string() : std::string(v.get_string());
}

bool names(std::string_view raw, std::string_view key) {
  return raw == key || (raw.find('\\') != raw.npos && unescaped(raw) == key);
}

error_code malformed() { return make_error_code(errc::malformed_response); }

// The shape of nested arrays, recorded row by row.
class shape_builder {
public:
  bool open() {
    counts_.push_back(0);
    return counts_.size() < max_json_depth;
  }
  bool row(std::size_t length) {
    if (rows_ != 0 && (depth_ != counts_.size() || length != length_))
      return false;
    depth_ = counts_.size();
    length_ = length;
    ++rows_;
    if (!counts_.empty())
      ++counts_.back();
    return true;
  }
  void close() {
    const auto level = counts_.size() - 1;
    const auto count = counts_.back();
    counts_.pop_back();
    if (lengths_.size() <= level)
      lengths_.resize(level + 1, unknown);
    ragged_ = ragged_ || (lengths_[level] != unknown && lengths_[level] != count);
    lengths_[level] = count;
    if (!counts_.empty())
      ++counts_.back();
    if (level == 1) {
      per_element_.push_back(rows_ - rows_before_);
      rows_before_ = rows_;
    }
  }
  bool inside() const noexcept { return !counts_.empty(); }

  // Empty arrays have no shape.
  bool finish(float_block& block) {
    if (length_ == 0 && depth_ > 0)
      return false;
    if (ragged_) {
      block.shape = {rows_, length_};
      block.rows = std::move(per_element_);
    } else {
      block.shape = std::move(lengths_);
      block.shape.push_back(length_);
    }
    return true;
  }

private:
  static constexpr std::size_t unknown = static_cast<std::size_t>(-1);
  std::vector<std::size_t> counts_; // Of the arrays that are open.
  std::vector<std::size_t> lengths_;
  std::vector<std::size_t> per_element_;
  std::size_t rows_ = 0, rows_before_ = 0, depth_ = 0, length_ = 0;
  bool ragged_ = false;
};

bool read_block(std::string_view text, float_block& block) {
  const char* at = text.data();
  const char* const end = at + text.size();
  shape_builder shape;
  block.values.reserve(text.size() / shortest_number);
  do {
    skip_space(at, end);
    if (at == end || *at++ != '[')
      return false;
    const char* inner = at;
    skip_space(inner, end);
    if (inner != end && *inner == '[') {
      if (!shape.open())
        return false;
      continue;
    }
    const auto before = block.values.size();
    if (!read_row(at, end, block.values) || !shape.row(block.values.size() - before))
      return false;
    for (skip_space(at, end); shape.inside() && at != end && *at == ']'; skip_space(at, end)) {
      ++at;
      shape.close();
    }
    if (shape.inside() && (at == end || *at++ != ','))
      return false;
  } while (shape.inside());
  return at == end && shape.finish(block);
}

// Copies the document up to the next value of the key, and leaves `at` before it; false if there is none.
bool find_member(const char*& at, const char* end, std::string_view key, std::string& rest) {
  const char* copied = at;
  while ((at = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at))))) {
    const char* const name = ++at;
    if (!skip_string(at, end))
      break;
    const std::string_view raw(name, static_cast<std::size_t>(at - name - 1));
    const char* value = at;
    skip_space(value, end);
    if (value == end || *value != ':' || !names(raw, key))
      continue;
    skip_space(++value, end);
    at = value;
    rest.append(copied, value);
    return true;
  }
  rest.append(copied, end);
  at = end;
  return false;
}

} // namespace

float_block parse_floats(std::string_view text, error_code& ec) {
  float_block block;
  ec = error_code();
  if (!read_block(text, block)) {
    ec = malformed();
    return float_block();
  }
  return block;
}

float_members take_floats(std::string_view text, std::string_view key, error_code& ec) {
  float_members out;
  ec = error_code();
  const char* at = text.data();
  const char* const end = at + text.size();
  while (find_member(at, end, key, out.rest)) {
    bool good = true;
    if (out.values.capacity() == 0)
      out.values.reserve(static_cast<std::size_t>(end - at) / shortest_number);
    if (at != end && *at == '[') {
      good = read_row(++at, end, out.values);
      out.rest += '[' + std::to_string(out.ends.size()) + ']';
      out.ends.push_back(out.values.size());
    } else if (at != end && *at == '"') {
      const char* const begin = ++at;
      good = skip_string(at, end);
      out.rest += '"' + std::to_string(out.strings.size()) + '"';
      out.strings.emplace_back(begin, static_cast<std::size_t>(good ? at - begin - 1 : 0));
    }
    if (!good) {
      ec = malformed();
      return float_members();
    }
  }
  return out;
}

bool append_base64_floats(std::string_view raw, std::vector<float>& to) {
  const auto bytes = raw.find('\\') == raw.npos ? decode_base64(raw) : decode_base64(unescaped(raw));
  if (!bytes || bytes->empty() || bytes->size() % sizeof(float) != 0)
    return false;
  const auto first = to.size();
  to.resize(first + bytes->size() / sizeof(float));
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(to.data() + first, bytes->data(), bytes->size());
  } else {
    for (std::size_t i = 0; i < bytes->size(); i += sizeof(float)) {
      std::uint32_t bits = 0;
      for (std::size_t k = 0; k < sizeof bits; ++k)
        bits |= static_cast<std::uint32_t>(static_cast<unsigned char>((*bytes)[i + k])) << (8 * k);
      to[first + i / sizeof(float)] = std::bit_cast<float>(bits);
    }
  }
  return true;
}

} // namespace weir::inline v0::codec
