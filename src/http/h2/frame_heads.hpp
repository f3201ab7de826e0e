// Where frames begin in a stream of bytes, and what they are: the library tells nothing of those that it ignores.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::inline v0::http::h2 {

class frame_heads {
public:
  static constexpr std::size_t size = 9;

  /// The length of a prefix of `in`, which is consumed: the rest of a frame's head or of its payload, as far as it is
  /// there. \pre !in.empty()
  std::size_t next(std::string_view in) noexcept {
    complete_ = false;
    if (left_ != 0) {
      const auto n = std::min<std::size_t>(left_, in.size());
      left_ -= static_cast<std::uint32_t>(n);
      return n;
    }
    const auto n = std::min(size - have_, in.size());
    for (std::size_t i = 0; i < n; ++i)
      head_[have_ + i] = static_cast<unsigned char>(in[i]);
    have_ += n;
    if (have_ == size) {
      have_ = 0;
      left_ = length();
      complete_ = true;
    }
    return n;
  }
  /// Whether the last call has completed a head, which the others describe.
  bool complete() const noexcept { return complete_; }
  std::uint32_t length() const noexcept { return at(0) << 16 | at(1) << 8 | at(2); }
  std::uint8_t type() const noexcept { return head_[3]; }
  std::uint8_t flags() const noexcept { return head_[4]; }
  std::int32_t id() const noexcept {
    return static_cast<std::int32_t>((at(5) & 0x7f) << 24 | at(6) << 16 | at(7) << 8 | at(8));
  }

private:
  std::uint32_t at(std::size_t i) const noexcept { return head_[i]; }

  std::array<std::uint8_t, size> head_{};
  std::size_t have_ = 0;
  std::uint32_t left_ = 0; // of the payload
  bool complete_ = false;
};

} // namespace weir::inline v0::http::h2
