#include "client/place.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir {

namespace {

constexpr int max_links = 40;

// The number of a file that is open in this process, as /proc/self/fd and what links there name it; -1 for another path.
int open_file_of(const std::string& path) {
  const auto name = path.substr(path.rfind('/') + 1);
  if (name.empty() || name.size() > 6 || !std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return -1;
  char folder[PATH_MAX];
  if (!::realpath(folder_of(path).c_str(), folder))
    return -1;
  const std::string_view there(folder);
  return there.starts_with("/proc/" + std::to_string(::getpid()) + "/") && there.ends_with("/fd") ? std::atoi(name.c_str())
                                                                                                  : -1;
}

} // namespace

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

void cannot_write(const std::string& path, const std::string& why) {
  throw error(errc::invalid_argument, "cannot write " + path + ": " + why);
}

void cannot_write(const std::string& path, int number) { cannot_write(path, std::strerror(number)); }

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
  struct stat s {};
  if (::lstat(path_.c_str(), &s) != 0) {
    if (errno != ENOENT)
      cannot_write(given_, errno);
    if (path_.ends_with('/'))
      cannot_write(given_, EISDIR);
    return false;
  }
  if (S_ISLNK(s.st_mode)) {
    char to[PATH_MAX];
    const auto n = ::readlink(path_.c_str(), to, sizeof to);
    if (n < 0)
      cannot_write(given_, errno);
    const std::string target(to, static_cast<std::size_t>(n));
    path_ = target.starts_with('/') ? target : folder_of(path_) + '/' + target;
    return true;
  }
  if (S_ISDIR(s.st_mode))
    cannot_write(given_, "it is a folder: name a file in it");
  if (S_ISSOCK(s.st_mode))
    cannot_write(given_, "it is a socket");
  if (::faccessat(AT_FDCWD, path_.c_str(), W_OK, AT_EACCESS) != 0)
    cannot_write(given_, errno);
  channel_ = !S_ISREG(s.st_mode);
  if (!channel_)
    existing_ = owner{s.st_mode & 07777, s.st_uid, s.st_gid};
  return false;
}

} // namespace weir
