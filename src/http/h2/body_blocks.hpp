// What has come of a stream's body and was not read yet.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

namespace weir::inline v0::http::h2 {

/// A piece of memory for a body.
class body_block {
public:
  static constexpr std::size_t size = 4u << 10;

  body_block() = default;
  std::unique_ptr<body_block> next;
  std::size_t used = 0;
  std::array<char, size - 2 * sizeof(std::size_t)> bytes;
};

/// A queue of bytes, taken out piece by piece. Holds no block while nothing is in it and the last piece was let go:
/// thousands of streams wait with nothing in hand, so that a few spare blocks serve all of a thread.
/// Thread safety: none; it may be emptied by another thread than the one that filled it.
class body_queue {
public:
  body_queue() = default;
  body_queue(const body_queue&) = delete;
  body_queue& operator=(const body_queue&) = delete;
  ~body_queue();

  bool empty() const noexcept { return !first_; }
  /// \throws std::bad_alloc
  void append(std::string_view bytes);
  /// \pre !empty(). Valid until the next call of take(), let_go() or clear().
  std::string_view take() noexcept;
  /// What take() gave last is not looked at any more.
  void let_go() noexcept;
  void clear() noexcept;

private:
  std::unique_ptr<body_block> first_;
  body_block* last_ = nullptr;
  std::unique_ptr<body_block> given_;
};

} // namespace weir::inline v0::http::h2
