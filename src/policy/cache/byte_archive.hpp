// Fields to bytes and back.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weir::inline v0 {

/// Appends fields to a text. Integers take seven bits a byte, so that small ones are short.
class byte_writer {
public:
  static constexpr bool reads = false;

  void number(std::uint64_t n) {
    for (; n >= 0x80; n >>= 7)
      out += static_cast<char>(n | 0x80);
    out += static_cast<char>(n);
  }
  template <class Unsigned>
  void fixed(Unsigned n) {
    for (std::size_t i = 0; i < sizeof n; ++i)
      out += static_cast<char>(n >> (8 * i));
  }
  void text(std::string_view s) {
    number(s.size());
    out += s;
  }
  /// Of a sequence: its length.
  std::size_t count(std::size_t n) {
    number(n);
    return n;
  }

  std::string out;
};

/// Reads what a byte_writer wrote. After the first thing that does not fit everything reads as nothing, and ok() is
/// false.
class byte_reader {
public:
  static constexpr bool reads = true;

  explicit byte_reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return rest_.empty(); }
  void fail() noexcept {
    ok_ = false;
    rest_ = {};
  }

  std::uint64_t number() noexcept {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty())
        break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      n |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        return n;
    }
    fail();
    return 0;
  }
  template <class Unsigned>
  Unsigned fixed() noexcept {
    if (rest_.size() < sizeof(Unsigned)) {
      fail();
      return 0;
    }
    Unsigned n = 0;
    for (std::size_t i = 0; i < sizeof n; ++i)
      n |= static_cast<Unsigned>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    rest_.remove_prefix(sizeof n);
    return n;
  }
  std::string_view text() noexcept {
    const auto n = number();
    if (n > rest_.size()) {
      fail();
      return {};
    }
    const auto s = rest_.substr(0, static_cast<std::size_t>(n));
    rest_.remove_prefix(s.size());
    return s;
  }
  /// The length of a sequence each of whose elements takes a byte at least.
  std::size_t count() noexcept {
    const auto n = number();
    if (n <= rest_.size())
      return static_cast<std::size_t>(n);
    fail();
    return 0;
  }

  int depth = 0; ///< For fields that nest.

private:
  std::string_view rest_;
  bool ok_ = true;
};

} // namespace weir::inline v0
