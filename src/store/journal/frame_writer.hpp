// Writes a journal's frames one after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "store/journal/file.hpp"
#include "store/journal/record.hpp"

namespace weir::inline v0::store {

/// Frames from a position on, in writes of up to 256 KiB, or larger for large payloads.
/// Thread safety: none.
class frame_writer {
public:
  /// The file must outlive it. \throws std::bad_alloc
  frame_writer(random_access_file& file, const journal_salt& salt, std::uint64_t position);

  /// Adds a frame. Of the head, the sizes and the check are filled in here. Allocates nothing.
  /// \throws std::system_error if the file cannot be written; then nothing may be added any more.
  void add(frame_head head, std::string_view id, std::string_view payload);
  /// Writes what add() has kept. \throws std::system_error
  void flush();
  /// Where the next frame begins.
  std::uint64_t position() const noexcept { return written_ + held_; }

private:
  void put(std::string_view bytes);

  random_access_file& file_;
  frame_codec codec_;
  std::unique_ptr<char[]> buffer_;
  std::size_t held_ = 0;
  std::uint64_t written_;
};

} // namespace weir::inline v0::store
