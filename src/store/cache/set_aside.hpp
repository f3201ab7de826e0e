// Files that cannot be read any more, out of the way.
#pragma once

#include <string>

namespace weir::inline v0 {

/// Renames a database with the files that belong to it to `PATH.set-aside-N`, where N is the first number that is free.
/// \returns the new name; empty if it could not be renamed.
std::string set_aside(const std::string& path);

/// Makes the folder of a file, readable by its owner only, and the file itself if it is missing, likewise.
/// \returns what is wrong; empty if nothing is.
std::string prepare_file(const std::string& path);

/// A lock between processes on a file beside `path`, for as long as it lives. Waits for it for a moment only, and goes
/// on without where that is not enough or the file system has no locks.
class file_lock {
public:
  explicit file_lock(const std::string& path);
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;
  ~file_lock();

private:
  int file_ = -1;
};

} // namespace weir::inline v0
