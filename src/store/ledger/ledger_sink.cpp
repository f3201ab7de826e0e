#include "store/ledger/ledger_sink.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace weir::inline v0::store {

namespace {

constexpr auto look_interval = std::chrono::seconds(1);
constexpr mode_t for_owner = 0600;

std::size_t breaks_in(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

ledger_sink::ledger_sink(std::string path, std::uint64_t max_bytes, unsigned keep)
    : path_(std::move(path)), max_bytes_(max_bytes), keep_(keep) {}

bool ledger_sink::open() noexcept {
  // Not blocking: a FIFO without a reader is an error and no wait.
  descriptor file(::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, for_owner));
  if (!file && (errno == EACCES || errno == EINVAL))
    file = descriptor(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, for_owner));
  struct stat there{};
  if (!file || ::fstat(file.get(), &there) != 0)
    return false;
  file_ = std::move(file);
  device_ = there.st_dev;
  number_ = there.st_ino;
  regular_ = S_ISREG(there.st_mode);
  size_ = static_cast<std::uint64_t>(std::max<off_t>(there.st_size, 0));
  torn_ = regular_ && size_ != 0 && !ends_with_break(there.st_size);
  looked_ = steady::now();
  return true;
}

bool ledger_sink::ends_with_break(off_t size) const noexcept {
  char last = '\n';
  return ::pread(file_.get(), &last, 1, size - 1) != 1 || last == '\n';
}

bool ledger_sink::reopen(steady::time_point now) noexcept {
  looked_ = now;
  struct stat there{};
  const bool same =
      file_ &&
      (!regular_ || (::stat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == number_));
  if (!same)
    return open();
  if (regular_)
    size_ = static_cast<std::uint64_t>(there.st_size);
  return true;
}

ledger_sink::result ledger_sink::append(std::string& lines, std::size_t count, steady::time_point now) {
  result r;
  if (now - looked_ >= look_interval && !reopen(now)) {
    r.error = errno;
    return r;
  }
  if (filled_by(0))
    rotate();
  const bool torn = torn_;
  if (torn)
    lines.insert(lines.begin(), '\n');
  const auto n = put(lines);
  r.lines = count;
  if (n != lines.size()) {
    r.error = errno;
    r.lines = breaks_in(std::string_view(lines).substr(0, n)) - (torn && n != 0 ? 1 : 0);
  }
  return r;
}

bool ledger_sink::probe() noexcept { return put("\n") == 1; }

// \returns how many bytes are written; if not all, errno is set.
std::size_t ledger_sink::put(std::string_view text) noexcept {
  const auto n = ::write(file_.get(), text.data(), text.size());
  if (n <= 0) {
    if (n == 0)
      errno = ENOSPC;
    return 0;
  }
  const auto written = static_cast<std::size_t>(n);
  size_ += written;
  torn_ = text[written - 1] != '\n';
  if (written != text.size())
    errno = ENOSPC;
  return written;
}

void ledger_sink::rotate() noexcept {
  // Of several processes one renames; the others find the new file.
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0)
    return;
  struct stat there{};
  if (::stat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == number_) {
    try {
      for (auto i = keep_; i > 1; --i)
        ::rename(numbered(i - 1).c_str(), numbered(i).c_str());
      ::rename(path_.c_str(), numbered(1).c_str());
    } catch (...) {
      // The next entry tries again.
    }
  }
  auto old = std::exchange(file_, descriptor());
  if (!open())
    std::swap(file_, old);
  ::flock(old ? old.get() : file_.get(), LOCK_UN);
}

std::string ledger_sink::numbered(unsigned i) const { return path_ + '.' + std::to_string(i); }

} // namespace weir::inline v0::store
