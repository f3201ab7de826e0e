#include "store/journal/recovery.hpp"

#include <algorithm>
#include <memory>
#include <system_error>

#include "store/journal/frame_reader.hpp"
#include "store/journal/refuse.hpp"

namespace weir::inline v0::store {

namespace {

[[noreturn]] void refuse_damage(const std::string& path, std::uint64_t at) {
  const auto place = std::to_string(at);
  refuse(path, "is damaged at byte " + place + ", and what follows was written later: restore it, or keep what is " +
                   "before the damage with `truncate -s " + place + "`, or move it away to begin anew");
}

// False if its making was cut off.
bool read_beginning(const random_access_file& file, const std::string& path, recovery& r) {
  char bytes[preamble_size];
  const auto n = read_fully(file, bytes, sizeof bytes, 0);
  switch (read_preamble({bytes, n}, r.size <= preamble_size, r.salt)) {
  case beginning::whole: return r.size > preamble_size;
  case beginning::unfinished: return false;
  case beginning::damaged: refuse(path, "is damaged in its first bytes: restore it, or move it away to begin anew");
  case beginning::other_version: refuse(path, "was written by another version of weir: use that one for it");
  case beginning::foreign: break;
  }
  refuse(path, "is no journal: give it a path of its own");
}

void take(const frame_reader& frame, recovery& r) {
  const auto& head = frame.head();
  r.closed = head.type == frame_type::closed;
  if (head.type == frame_type::record && head.kind < first_stateless_kind)
    r.index.set(hash_of(frame.id(), r.salt), head.kind, head.fingerprint, frame.position());
}

// Behind the last byte in [from, to) that is not zero; `from` if all are.
std::uint64_t end_of_written(const random_access_file& file, std::uint64_t from, std::uint64_t to) {
  constexpr std::size_t piece = std::size_t{64} << 10;
  const auto buffer = std::make_unique_for_overwrite<char[]>(piece);
  auto end = from;
  for (auto at = from; at < to;) {
    const auto n =
        read_fully(file, buffer.get(), static_cast<std::size_t>(std::min<std::uint64_t>(piece, to - at)), at);
    if (n == 0)
      break;
    const std::string_view bytes(buffer.get(), n);
    if (const auto last = bytes.find_last_not_of('\0'); last != std::string_view::npos)
      end = at + last + 1;
    at += n;
  }
  return end;
}

} // namespace

recovery recover(const random_access_file& file, const std::string& path) try {
  recovery r;
  r.size = size_of(file);
  if (!read_beginning(file, path, r))
    return r;
  const frame_codec codec(r.salt);
  frame_reader frames(file, codec, preamble_size, r.size);
  while (frames.next()) {
    r.begun = true;
    take(frames, r);
    if (frames.head().type == frame_type::settings)
      frame_reader(file, codec, frames.position(), r.size).next(&r.settings);
  }
  r.end = frames.position();
  if (r.end < r.size && synced_beyond(r.end, file, codec, r.end + 1, r.size))
    refuse_damage(path, r.end);
  r.torn = end_of_written(file, r.end, r.size);
  return r;
} catch (const std::system_error& e) {
  refuse(path, std::string("cannot be ") + e.what());
}

} // namespace weir::inline v0::store
