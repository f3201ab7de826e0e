#include "batch/output/output_writer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

namespace weir::inline v0 {

namespace {

constexpr std::size_t buffered = std::size_t{256} << 10;
constexpr std::chrono::milliseconds pace{100};

// An unused name beside `base`, short enough for every file system.
std::string part_name(const std::string& base) {
  static std::atomic<unsigned> count{0};
  const auto name = base.substr(base.rfind('/') + 1).substr(0, 200);
  return folder_of(base) + '/' + name + ".part-" + std::to_string(::getpid()) + '-' + std::to_string(++count);
}

// Of a file that may have no name.
std::string link_to(const descriptor& file) { return "/proc/self/fd/" + std::to_string(file.get()); }

// Keeps write(2) from ending a process that does not expect SIGPIPE.
class without_sigpipe {
public:
  without_sigpipe() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  without_sigpipe(const without_sigpipe&) = delete;
  without_sigpipe& operator=(const without_sigpipe&) = delete;
  ~without_sigpipe() {
    const timespec none{};
    if (!was_pending_)
      ::sigtimedwait(&pipe_, nullptr, &none);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

private:
  sigset_t pipe_, before_;
  bool was_pending_;
};

void sync_folder(const std::string& path) {
  // Some file systems cannot sync a folder; the file itself is safe by then.
  if (const descriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); folder)
    ::fsync(folder.get());
}

// Where a path leads, also over links to what is not there yet.
std::filesystem::path meant_by(const std::string& given) {
  namespace fs = std::filesystem;
  constexpr int most_links = 40;
  std::error_code ec;
  auto path = fs::absolute(given, ec);
  for (int i = 0; i < most_links && fs::is_symlink(path, ec); ++i)
    path = path.parent_path() / fs::read_symlink(path, ec);
  return fs::weakly_canonical(path, ec);
}

} // namespace

output_writer::output_writer(const std::string& path, std::function<void()> check)
    : check_(std::move(check)), given_(path), where_(path) {
  if (!where_.is_channel())
    open_file();
  else if (!where_.open_file())
    open_channel();
}

output_writer::~output_writer() {
  if (!part_.empty())
    ::unlink(part_.c_str());
}

void output_writer::open_file() {
  // The system applies the user's mask to a new file; a private one is never readable by others, not for a moment.
  const mode_t mode = where_.existing() ? 0600 : 0666;
  // Without a name where that is possible: a process that is killed then leaves nothing.
  file_ = descriptor(::open(folder_of(where_.path()).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
  if (file_ && ::access(link_to(file_).c_str(), F_OK) == 0)
    return;
  do {
    part_ = part_name(where_.path());
    file_ = descriptor(::open(part_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  } while (!file_ && errno == EEXIST);
  if (!file_) {
    const int number = errno;
    part_.clear();
    fail(number);
  }
}

void output_writer::name_it() {
  while (part_.empty()) {
    auto name = part_name(where_.path());
    if (::linkat(AT_FDCWD, link_to(file_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0)
      part_ = std::move(name);
    else if (errno != EEXIST)
      fail(errno);
  }
}

void output_writer::open_channel() {
  for (;;) {
    // Not to be kept waiting by a FIFO that nobody reads.
    file_ = descriptor(::open(where_.path().c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (file_)
      return;
    if (errno != ENXIO && errno != EINTR)
      fail(errno);
    if (check_)
      check_();
    std::this_thread::sleep_for(pace);
  }
}

void output_writer::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= buffered)
    flush();
}

void output_writer::flush() {
  for (std::string_view rest(buffer_); !rest.empty();)
    rest.remove_prefix(write_some(rest));
  buffer_.clear();
}

// 0 where it would have to wait longer.
std::size_t output_writer::write_some(std::string_view bytes) {
  const int to = file_ ? file_.get() : where_.open_file().get();
  if (where_.is_channel()) {
    pollfd ready{to, POLLOUT, 0};
    if (::poll(&ready, 1, static_cast<int>(pace.count())) <= 0) {
      if (check_)
        check_();
      return 0;
    }
    // A pipe that is ready takes this much, whether it may block or not.
    bytes = bytes.substr(0, PIPE_BUF);
  }
  const without_sigpipe guard;
  const auto n = ::write(to, bytes.data(), bytes.size());
  if (n < 0 && errno != EINTR && errno != EAGAIN)
    fail(errno);
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

void output_writer::commit() {
  flush();
  if (!where_.is_channel())
    replace();
}

void output_writer::replace() {
  if (const auto& old = where_.existing()) {
    const bool same = ::fchown(file_.get(), old->user, old->group) == 0;
    ::fchmod(file_.get(), same ? old->mode : old->mode & 0777);
  }
  // On disk before it has the name: otherwise a loss of power could leave neither content.
  if (::fsync(file_.get()) != 0)
    fail(errno);
  name_it();
  if (::rename(part_.c_str(), where_.path().c_str()) != 0)
    fail(errno);
  part_.clear();
  sync_folder(where_.path());
}

void output_writer::fail(int number) { not_saved(given_, number); }

bool is_same_file(const std::string& a, const std::string& b) {
  namespace fs = std::filesystem;
  std::error_code ec;
  if (a == "-" || b == "-")
    return false;
  if (fs::exists(a, ec) && fs::exists(b, ec))
    return fs::is_regular_file(a, ec) && fs::equivalent(a, b, ec);
  return meant_by(a) == meant_by(b);
}

void check_output(const std::string& path) {
  const place where(path);
  if (where.is_channel())
    return;
  const auto part = part_name(where.path());
  const descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file)
    cannot_write(path, errno);
  ::unlink(part.c_str());
}

} // namespace weir::inline v0
