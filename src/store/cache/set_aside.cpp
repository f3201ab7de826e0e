#include "store/cache/set_aside.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/regular_file.hpp"

namespace weir::inline v0 {

namespace {

constexpr unsigned lock_pause = 10'000; // µs
constexpr int lock_tries = 200;

std::string reason() { return std::strerror(errno); }

} // namespace

std::string set_aside(const std::string& path) {
  for (int n = 1; n < 1000; ++n) {
    const auto to = path + ".set-aside-" + std::to_string(n);
    // link() fails where the name exists, rename() would replace it.
    if (::link(path.c_str(), to.c_str()) == 0) {
      ::unlink(path.c_str());
    } else if (errno == EEXIST) {
      continue;
    } else if (::access(to.c_str(), F_OK) == 0 || std::rename(path.c_str(), to.c_str()) != 0) {
      return {};
    }
    for (const auto* part : {"-wal", "-shm", "-journal"})
      std::rename((path + part).c_str(), (to + part).c_str());
    return to;
  }
  return {};
}

std::string prepare_folder(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code ec;
  if (folder.empty() || std::filesystem::is_directory(folder, ec))
    return {};
  if (std::filesystem::exists(folder, ec))
    return "the folder it should be in is none";
  if (const auto above = folder.parent_path(); !above.empty())
    std::filesystem::create_directories(above, ec);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return "its folder cannot be made: " + reason();
  return {};
}

std::string prepare_file(const std::string& path) {
  if (const auto kind = kind_of_file(path); !kind.empty())
    return "it " + kind;
  // Only a new file is opened here: to close another one would release the locks that this process has on it.
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0)
    ::close(file);
  else if (errno != EEXIST)
    return "it cannot be made: " + reason();
  if (::access(path.c_str(), R_OK | W_OK) != 0)
    return "it cannot be read and written: " + reason();
  return {};
}

file_lock::file_lock(const std::string& path)
    : file_(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}

file_lock::~file_lock() {
  if (file_ >= 0)
    ::close(file_);
}

bool file_lock::take(mode m) noexcept {
  for (int i = 0; file_ >= 0 && i < lock_tries; ++i) {
    if (::flock(file_, (m == mode::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
      return true;
    if (errno != EWOULDBLOCK && errno != EINTR)
      return false;
    ::usleep(lock_pause);
  }
  return false;
}

} // namespace weir::inline v0
