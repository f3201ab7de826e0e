// A journal's file as the system gives it, behind an interface so that tests can make it fail.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::inline v0::store {

/// The system's calls on an open file. As these do, they return -1 and set errno if they fail, and may read or write
/// less than they were asked to.
/// Thread safety: one thread may write, sync and truncate while others read, and one allocates.
class random_access_file {
public:
  virtual ~random_access_file() = default;
  virtual ssize_t read_at(char* to, std::size_t n, std::uint64_t at) const = 0;
  virtual ssize_t write_at(const char* from, std::size_t n, std::uint64_t at) = 0;
  virtual int truncate(std::uint64_t size) = 0;
  /// Sets space aside for bytes from `at` on; the size stays. Space behind the end is given back by truncate(). 1:
  /// there is so much now, but the file system can set nothing aside.
  virtual int allocate(std::uint64_t at, std::uint64_t n) = 0;
  virtual std::int64_t size() const = 0;
  /// Returns when what was written, and the size, survive the loss of power.
  virtual int sync() = 0;
  /// The same for the file's name.
  virtual int sync_folder() = 0;
};

// The same, complete: interrupted and partial calls go on. \throws std::system_error, whose what() begins with "read",
// "written" or "synced".

/// \returns less than n only at the end of the file.
std::size_t read_fully(const random_access_file& file, char* to, std::size_t n, std::uint64_t at);
void write_fully(random_access_file& file, std::string_view bytes, std::uint64_t at);
void truncate(random_access_file& file, std::uint64_t size);
std::uint64_t size_of(const random_access_file& file);
void sync(random_access_file& file);
void sync_folder(random_access_file& file);

/// What allocate() has come to.
enum class room {
  none,      ///< There is not so much space.
  there,     ///< There may be: any other error is left to the writes that will meet it.
  set_aside, ///< It is there for this file, whatever others write.
};
room allocate(random_access_file& file, std::uint64_t at, std::uint64_t n) noexcept;

/// Opens the regular file at `path` for reading and writing, made for its owner only if it is not there, and locks it
/// as long as it is open. Does not wait.
/// \throws weir::error errc::invalid_configuration, which calls it a journal: it cannot be opened, is no regular file,
/// or is locked by another process (which one, where the system tells).
std::unique_ptr<random_access_file> open_locked(const std::string& path);

} // namespace weir::inline v0::store
