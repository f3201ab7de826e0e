// What bytes are read into, held only while there are any.
#pragma once

#include <cstddef>
#include <memory>

namespace weir::inline v0::http {

/// Memory for one read. Thousands of streams wait with nothing in hand, so that a thread needs no more buffers than it
/// has responses half read: a buffer that is given back is kept for the thread's next read, a few of them at most.
/// Thread safety: none; it may be given back by another thread than the one that took it.
class read_buffer {
public:
  /// A TLS record's worth: one read seldom returns more.
  static constexpr std::size_t size = 16u << 10;

  read_buffer() = default;
  read_buffer(const read_buffer&) = delete;
  read_buffer& operator=(const read_buffer&) = delete;
  ~read_buffer() { give_back(); }

  /// Does nothing if it is held.
  /// \throws std::bad_alloc
  void take();
  /// Its contents are lost. Does nothing if it is not held.
  void give_back() noexcept;
  /// Null unless it is held.
  char* data() const noexcept { return bytes_.get(); }

private:
  std::unique_ptr<char[]> bytes_;
};

} // namespace weir::inline v0::http
