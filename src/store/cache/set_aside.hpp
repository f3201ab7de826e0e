// Files that cannot be read any more, out of the way.
#pragma once

#include <string>

namespace weir::inline v0 {

/// Renames a database that nobody has open, with the files that belong to it, to `PATH.set-aside-N`, where N is the
/// first number that is free. \returns the new name; empty if it could not be renamed.
std::string set_aside(const std::string& path);

/// Makes the folder of a file, readable by its owner only. \returns what is wrong; empty if nothing is.
std::string prepare_folder(const std::string& path);
/// Makes the file itself if it is missing, likewise. \returns what is wrong; empty if nothing is.
std::string prepare_file(const std::string& path);

/// A lock between processes, in a file beside `path`: shared by all that have the database open, and exclusive for who
/// renames it. SQLite removes files by their names when a database is closed, so that one that others have open must
/// not be replaced.
class file_lock {
public:
  enum class mode { shared, exclusive };

  explicit file_lock(const std::string& path);
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;
  ~file_lock();

  /// Takes it, in place of the other mode, and waits for it for a moment. False if it cannot be had: the mode that was
  /// held before is then lost.
  bool take(mode m) noexcept;

private:
  const int file_;
};

} // namespace weir::inline v0
