// Conversations in files.
#pragma once

#include <string>

#include "tool/chat/conversation.hpp"

namespace weir::inline v0::cli {

/// Reads a conversation that save() wrote, up to 512 MiB.
/// \throws weir::error errc::invalid_argument if the file cannot be read, is cut off, is of another version or is none
/// of weir's; what to do is in the message.
conversation load_conversation(const std::string& path);

/// A file that a conversation is saved to.
class conversation_file {
public:
  /// None: save() has no effect.
  conversation_file() = default;
  /// \param continues this conversation is the one in the file, which may then exist.
  /// \throws weir::error errc::invalid_argument if nothing can be saved there, or the file holds something else: it is
  /// then untouched.
  conversation_file(std::string path, bool continues);

  explicit operator bool() const noexcept { return !path_.empty(); }
  const std::string& path() const noexcept { return path_; }
  /// Replaces the file, in one step; only its owner can read it. If another process has written to it meanwhile, this
  /// conversation goes on in a file of another name, from now on path(), and a line on stderr says so. The file of
  /// last_conversation() belongs to all: there the last one to save counts.
  /// \throws weir::error errc::not_saved; the file is then as it was.
  void save(const conversation& talk);

private:
  std::string path_;
  std::string state_; // of the file as this process left it, or found it
};

/// Where the last conversation of a terminal is kept, for --continue; empty if there is no such place.
std::string last_conversation();
/// That file, for a conversation that begins. None, with a line on stderr, if it cannot be used.
conversation_file kept_conversation();

} // namespace weir::inline v0::cli
