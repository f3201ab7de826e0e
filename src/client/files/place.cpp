#include "client/files/place.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

constexpr int max_links = 40;

// The number of a file that is open in this process, as /proc/self/fd and what links there name it; -1 for another
// path.
int open_file_of(const std::string& path) {
  const auto name = path.substr(path.rfind('/') + 1);
  if (name.empty() || name.size() > 6 ||
      !std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return -1;
  char folder[PATH_MAX];
  if (!::realpath(folder_of(path).c_str(), folder))
    return -1;
  const std::string_view there(folder);
  return there.starts_with("/proc/" + std::to_string(::getpid()) + "/") && there.ends_with("/fd")
             ? std::atoi(name.c_str())
             : -1;
}

// Links below /proc to another process's open files lead there whatever their text says: `pipe:[7]`, `x (deleted)`.
bool is_file(const std::string& path, const struct stat& known) {
  struct stat s{};
  return ::stat(path.c_str(), &s) == 0 && s.st_dev == known.st_dev && s.st_ino == known.st_ino;
}

} // namespace

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

namespace {

[[noreturn]] void refuse(errc code, const std::string& path, const std::string& why) {
  throw error(code, "cannot write " + path + ": " + why);
}

} // namespace

void cannot_write(const std::string& path, const std::string& why) { refuse(errc::invalid_argument, path, why); }
void cannot_write(const std::string& path, int number) {
  // The name of the file is not at fault.
  const bool ours = number == EMFILE || number == ENFILE || number == ENOMEM;
  const bool full = number == ENOSPC || number == EDQUOT;
  refuse(ours ? errc::out_of_resources : full ? errc::not_saved : errc::invalid_argument, path, std::strerror(number));
}
void not_saved(const std::string& path, const std::string& why) { refuse(errc::not_saved, path, why); }
void not_saved(const std::string& path, int number) { not_saved(path, std::strerror(number)); }

place::place(const std::string& given) : given_(given), path_(given) {
  if (given == "-" && take_open_file(STDOUT_FILENO))
    return;
  for (int links = 0; follow(); ++links)
    if (links == max_links)
      cannot_write(given_, ELOOP);
}

bool place::take_open_file(int number) {
  if (number < 0)
    return false;
  const int flags = ::fcntl(number, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
    cannot_write(given_, EBADF);
  open_ = descriptor(::fcntl(number, F_DUPFD_CLOEXEC, 0));
  if (!open_)
    cannot_write(given_, errno);
  return channel_ = true;
}

// Looks at the path; whether it was a link, and has to be looked at again.
bool place::follow() {
  if (take_open_file(open_file_of(path_)))
    return false;
  struct stat s{};
  if (::lstat(path_.c_str(), &s) != 0) {
    if (errno != ENOENT)
      cannot_write(given_, errno);
    if (path_.ends_with('/'))
      cannot_write(given_, "there is no such folder");
    return false;
  }
  if (!S_ISLNK(s.st_mode)) {
    take(s);
    return false;
  }
  char to[PATH_MAX];
  const auto n = ::readlink(path_.c_str(), to, sizeof to);
  if (n < 0)
    cannot_write(given_, errno);
  auto target = std::string(to, static_cast<std::size_t>(n));
  if (!target.starts_with('/'))
    target = folder_of(path_) + '/' + target;
  if (::stat(path_.c_str(), &s) == 0 && !is_file(target, s)) {
    take(s);
    channel_ = true;
    return false;
  }
  path_ = std::move(target);
  return true;
}

void place::take(const struct stat& s) {
  if (S_ISDIR(s.st_mode))
    cannot_write(given_, "it is a folder: name a file in it");
  if (S_ISSOCK(s.st_mode))
    cannot_write(given_, "it is a socket");
  if (::faccessat(AT_FDCWD, path_.c_str(), W_OK, AT_EACCESS) != 0)
    cannot_write(given_, errno);
  channel_ = !S_ISREG(s.st_mode);
  if (!channel_)
    existing_ = owner{s.st_mode & 07777, s.st_uid, s.st_gid};
}

} // namespace weir::inline v0
