// What is in a journal's file.
#pragma once

#include <cstdint>
#include <string>

#include "store/journal/file.hpp"
#include "store/journal/index.hpp"
#include "store/journal/record.hpp"

namespace weir::inline v0::store {

struct recovery {
  bool begun = false; ///< Otherwise there is nothing, or what a cut-off beginning left.
  journal_salt salt{};
  std::string settings;
  id_index index;
  std::uint64_t end = 0;  ///< Of the frames that are whole.
  std::uint64_t torn = 0; ///< From there to here something was written, which is no whole frame.
  std::uint64_t size = 0; ///< Of the file, with the zeros that a journal has ahead while it is open.
  bool closed = false;    ///< In good order.
};

/// Reads a journal's file; writes nothing. Where no whole frame follows, the journal ends, unless what is there had
/// been synced, which a later frame shows: then it was damaged. A power loss may keep any part of what was not synced,
/// also the end of it without its beginning, so that whole frames behind a torn one alone prove nothing.
/// \throws weir::error errc::invalid_configuration: no journal, one of another version, damaged, or it cannot be read.
/// `path` is for its message.
recovery recover(const random_access_file& file, const std::string& path);

} // namespace weir::inline v0::store
