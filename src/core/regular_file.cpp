#include "core/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace weir::inline v0 {

namespace {

const char* words_of(mode_t mode) noexcept {
  switch (mode & S_IFMT) {
  case S_IFREG: return "";
  case S_IFDIR: return "is a folder";
  case S_IFIFO: return "is a pipe, and not a regular file";
  case S_IFSOCK: return "is a socket, and not a regular file";
  default: return "is a device, and not a regular file";
  }
}

} // namespace

descriptor open_regular_file(const std::string& path, std::string& why) {
  // Not blocking: to open a FIFO waits for who writes to it. It makes no difference to a regular file.
  descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat there{};
  if (!file || ::fstat(file.get(), &there) != 0) {
    const bool cannot_be_opened = errno == ENXIO; // a socket
    why = "cannot be read: " + std::error_code(errno, std::system_category()).message();
    if (auto kind = cannot_be_opened ? kind_of_file(path) : std::string(); !kind.empty())
      why = std::move(kind);
    return {};
  }
  why = words_of(there.st_mode);
  return why.empty() ? std::move(file) : descriptor();
}

std::string kind_of_file(const std::string& path) {
  struct stat there{};
  return ::stat(path.c_str(), &there) == 0 ? words_of(there.st_mode) : "";
}

} // namespace weir::inline v0
