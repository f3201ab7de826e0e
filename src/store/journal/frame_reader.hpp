// Reads a journal's frames one after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "store/journal/file.hpp"
#include "store/journal/record.hpp"

namespace weir::inline v0::store {

/// The frames of the bytes [from, to). Memory: at most 1 MiB, besides a frame's id and the payload if that is wanted.
/// Thread safety: none.
class frame_reader {
public:
  /// The file and the codec must outlive it.
  frame_reader(const random_access_file& file, const frame_codec& codec, std::uint64_t from, std::uint64_t to)
      : file_(file), codec_(codec), position_(from), next_(from), to_(to) {}

  /// Goes to the next frame and checks it whole. `payload`: where its payload is wanted, if it is. False where there is
  /// none: then position() is where one would have begun, `to` if all were read.
  /// \throws std::system_error if the file cannot be read.
  bool next(std::string* payload = nullptr);

  /// Of the frame that next() went to.
  const frame_head& head() const noexcept { return head_; }
  const std::string& id() const noexcept { return id_; }
  std::uint64_t position() const noexcept { return position_; }

private:
  // At least `least` bytes at a position, and all others that are at hand; fewer only at the end.
  std::string_view bytes_at(std::uint64_t position, std::size_t least);

  const random_access_file& file_;
  const frame_codec& codec_;
  std::uint64_t position_;
  std::uint64_t next_;
  std::uint64_t to_;
  frame_head head_;
  std::string id_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::uint64_t held_from_ = 0;
  std::size_t held_ = 0;
};

/// Whether some frame in [from, to) says that the file had been synced beyond `position` before it was written.
/// \throws std::system_error if the file cannot be read.
bool synced_beyond(std::uint64_t position, const random_access_file& file, const frame_codec& codec, std::uint64_t from,
                   std::uint64_t to);

} // namespace weir::inline v0::store
