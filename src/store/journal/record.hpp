// A journal's bytes: a preamble, then frames. Pure.
//
//     preamble  "weir journal 1\r\n", the salt (16), crc32c of both (4), zeros (4)
//     frame     marker (4), check of the head (4), check of id and payload (4), bytes of payload (4), bytes of id (4),
//               type (1), kind (1), zeros (2), index (8), fingerprint (8), synced (8), id, payload
//
// Numbers have their lowest byte first. The check of a head includes the journal's salt and the frame's position: a
// frame that stands somewhere else, as a copy within a payload or an old block of the disk, is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/journal/id_hash.hpp"

namespace weir::inline v0::store {

constexpr std::size_t preamble_size = 40;
constexpr std::size_t head_size = 48;
constexpr std::size_t max_id = std::size_t{64} << 10;
constexpr std::size_t max_payload = std::size_t{1} << 30;
/// The first byte of every frame, which is in no UTF-8 text.
constexpr unsigned char first_of_marker = 0xf5;

std::string make_preamble(const journal_salt& salt);

/// What a file is, by its first bytes.
enum class beginning {
  whole,         ///< A journal's.
  unfinished,    ///< Empty, or of a journal whose making was cut off: it has no records.
  damaged,       ///< A journal's, but its salt is not what was written.
  other_version, ///< A journal's of another version than this.
  foreign,       ///< Of something else.
};
/// `bytes`: the first preamble_size bytes of the file, or all that it has; `whole_file`: whether that is all.
beginning read_preamble(std::string_view bytes, bool whole_file, journal_salt& salt) noexcept;

enum class frame_type : std::uint8_t {
  settings = 1, ///< The payload is the journal's settings from here on.
  record = 2,
  closed = 3, ///< The journal was closed in good order here.
};

struct frame_head {
  frame_type type = frame_type::record;
  std::uint8_t kind = 0;
  std::uint32_t id_size = 0;
  std::uint32_t payload_size = 0;
  std::uint32_t body_check = 0; ///< crc32c of id and payload.
  std::uint64_t index = 0;
  std::uint64_t fingerprint = 0;
  /// The file was synced up to here before the frame was written: whatever is not right before that was damaged since,
  /// and not torn.
  std::uint64_t synced = 0;

  std::uint64_t frame_size() const noexcept { return head_size + std::uint64_t{id_size} + payload_size; }
};

/// Writes and reads the heads of one journal's frames.
/// Thread safety: safe.
class frame_codec {
public:
  explicit frame_codec(const journal_salt& salt) noexcept;

  /// Writes head_size bytes.
  void write(char* to, const frame_head& head, std::uint64_t position) const noexcept;
  /// Reads head_size bytes. Empty if they are not the head of a frame at `position`.
  std::optional<frame_head> read(const char* from, std::uint64_t position) const noexcept;

private:
  std::uint32_t check(const char* head, std::uint64_t position) const noexcept;

  std::uint32_t salted_;
};

} // namespace weir::inline v0::store
