// A journal's file by the system's own calls, and its lock.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/sysmacros.h>
#endif

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "core/descriptor.hpp"
#include "store/journal/file.hpp"
#include "store/journal/refuse.hpp"

namespace weir::inline v0::store {

namespace {

constexpr mode_t for_owner = 0600;
constexpr int most_tries = 100;

class posix_file final : public random_access_file {
public:
  posix_file(descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  ssize_t read_at(char* to, std::size_t n, std::uint64_t at) const override {
    return ::pread(file_.get(), to, n, static_cast<off_t>(at));
  }
  ssize_t write_at(const char* from, std::size_t n, std::uint64_t at) override {
    return ::pwrite(file_.get(), from, n, static_cast<off_t>(at));
  }
  int truncate(std::uint64_t size) override { return ::ftruncate(file_.get(), static_cast<off_t>(size)); }
  int allocate(std::uint64_t at, std::uint64_t n) override {
    // fallocate() takes what lies beyond the file's end for writable, also where `ulimit -f` forbids it.
    struct rlimit most{};
    if (::getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur != RLIM_INFINITY && at + n > most.rlim_cur) {
      errno = EFBIG;
      return -1;
    }
#ifdef __linux__
    if (::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at), static_cast<off_t>(n)) == 0)
      return 0;
    if (errno != EOPNOTSUPP && errno != ENOSYS)
      return -1;
#else
    static_cast<void>(at);
#endif
    // Where nothing can be set aside: whether there is so much now.
    struct statvfs of{};
    if (::fstatvfs(file_.get(), &of) != 0)
      return -1;
    if (n / of.f_frsize < of.f_bavail)
      return 1;
    errno = ENOSPC;
    return -1;
  }
  std::int64_t size() const override {
    struct stat there{};
    return ::fstat(file_.get(), &there) == 0 ? there.st_size : -1;
  }
  int sync() override {
#ifdef __APPLE__
    return ::fcntl(file_.get(), F_FULLFSYNC); // fsync() leaves it in the disk's cache there
#else
    return ::fdatasync(file_.get());
#endif
  }
  int sync_folder() override {
    // The name may be a link into another folder.
    std::error_code ec;
    auto folder = std::filesystem::canonical(path_, ec).parent_path();
    if (ec) {
      errno = ec.value();
      return -1;
    }
    const descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened)
      return -1;
    // Some file systems have nothing to sync there, and say so.
    return ::fsync(opened.get()) == 0 || errno == EINVAL ? 0 : -1;
  }

private:
  descriptor file_;
  std::string path_;
};

std::string by_system() { return std::error_code(errno, std::system_category()).message(); }

// Which process has the lock, as " (process 123)"; empty if the system does not tell.
std::string holder(const struct stat& there) {
  std::string text;
#ifdef __linux__
  char wanted[64];
  std::snprintf(wanted, sizeof wanted, "%02x:%02x:%llu", major(there.st_dev), minor(there.st_dev),
                static_cast<unsigned long long>(there.st_ino));
  std::ifstream locks("/proc/locks");
  for (std::string number, kind, advisory, access, process, file, rest;
       locks >> number >> kind >> advisory >> access >> process >> file && std::getline(locks, rest);)
    if (kind == "FLOCK" && file == wanted)
      text = " (process " + process + ")";
#else
  static_cast<void>(there);
#endif
  return text;
}

// Whether the path still names the file, which someone may have deleted or replaced since.
bool still_there(const std::string& path, const struct stat& opened) noexcept {
  struct stat there{};
  return ::stat(path.c_str(), &there) == 0 && there.st_dev == opened.st_dev && there.st_ino == opened.st_ino;
}

} // namespace

std::unique_ptr<random_access_file> open_locked(const std::string& path) {
  for (int i = 0; i < most_tries; ++i) {
    // Not blocking: a FIFO without a writer is an error and no wait.
    descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, for_owner));
    if (!file)
      refuse(path, "cannot be opened for writing: " + by_system());
    struct stat opened{};
    if (::fstat(file.get(), &opened) != 0)
      refuse(path, "cannot be read: " + by_system());
    if (!S_ISREG(opened.st_mode))
      refuse(path, "is no regular file: give it a path of its own");
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR)
        continue;
      if (errno == EWOULDBLOCK)
        refuse(path, "is in use by another run" + holder(opened) +
                         ": wait for that to end or stop it, or give this one another path");
      refuse(path, "cannot be locked: " + by_system());
    }
    if (still_there(path, opened))
      return std::make_unique<posix_file>(std::move(file), path);
  }
  refuse(path, "is being replaced all the time");
}

} // namespace weir::inline v0::store
