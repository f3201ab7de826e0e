// The ledger in a file: one write() for each entry.
#include <weir/store/ledger_file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "store/ledger/entry_json.hpp"

namespace weir::inline v0 {

namespace {

using steady = std::chrono::steady_clock;

constexpr auto look_interval = std::chrono::seconds(1);
constexpr mode_t for_owner = 0600;

std::string words_of(int error) { return std::error_code(error, std::system_category()).message(); }

class appender final : public ledger_file {
public:
  appender(std::string path, ledger_options o) : path_(std::move(path)), options_(std::move(o)) {
    if (!open()) {
      const auto why = words_of(errno);
      throw error(errc::invalid_configuration, "the ledger \"" + path_ + "\" cannot be opened for writing: " + why);
    }
  }

  void add(const ledger_entry& e) noexcept override {
    try {
      std::string line;
      line.reserve(640);
      store::append_line(line, e);
      std::unique_lock lock(mutex_);
      note(write(std::move(line)), lock);
    } catch (...) {
      std::lock_guard lock(mutex_);
      ++state_.lost;
    }
  }

  bool ready(std::string& why) noexcept override {
    if (!options_.required())
      return true;
    std::unique_lock lock(mutex_);
    if (state_.failure.empty() && tried_)
      return true;
    try {
      // An empty line is no entry, and tells whether there is room.
      if (reopen(steady::now()) && put("\n")) {
        tried_ = true;
        if (!state_.failure.empty())
          recovered(lock);
        return true;
      }
      why = state_.failure.empty() ? failure_by_system(errno) : state_.failure;
    } catch (...) {
      why = "out of memory";
    }
    return false;
  }

  state inspect() const override {
    std::lock_guard lock(mutex_);
    return state_;
  }
  const std::string& path() const noexcept override { return path_; }
  void on_loss(ledger_options::loss_hook also) override {
    const std::lock_guard lock(mutex_);
    hooks_.push_back(std::move(also));
  }

private:
  bool open() noexcept {
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

  bool ends_with_break(off_t size) const noexcept {
    char last = '\n';
    return ::pread(file_.get(), &last, 1, size - 1) != 1 || last == '\n';
  }

  // Someone else may have renamed or deleted the file.
  bool reopen(steady::time_point now) noexcept {
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

  // \returns the system's error; 0 if it is written.
  int write(std::string line) {
    const auto now = steady::now();
    if (now - looked_ >= look_interval && !reopen(now))
      return errno;
    if (options_.max_bytes() != 0 && regular_ && size_ >= options_.max_bytes())
      rotate();
    if (torn_)
      line.insert(line.begin(), '\n');
    return put(line) ? 0 : errno;
  }

  bool put(std::string_view text) noexcept {
    const auto n = ::write(file_.get(), text.data(), text.size());
    if (n > 0)
      size_ += static_cast<std::uint64_t>(n);
    if (n == static_cast<ssize_t>(text.size())) {
      torn_ = false;
      tried_ = true;
      return true;
    }
    if (n >= 0) {
      torn_ = torn_ || n > 0;
      errno = ENOSPC;
    }
    return false;
  }

  void rotate() noexcept {
    // Of several processes one renames; the others find the new file.
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0)
      return;
    struct stat there{};
    if (::stat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == number_) {
      try {
        for (auto i = options_.keep(); i > 1; --i)
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

  std::string numbered(unsigned i) const { return path_ + '.' + std::to_string(i); }

  void note(int failed, std::unique_lock<std::mutex>& lock) {
    if (failed == 0) {
      ++state_.written;
      if (!state_.failure.empty())
        recovered(lock);
      return;
    }
    ++state_.lost;
    const bool first = state_.failure.empty();
    state_.failure = failure_by_system(failed);
    if (first)
      tell(state_.failure, state_.lost, lock);
  }

  std::string failure_by_system(int number) const {
    return "the ledger \"" + path_ + "\" cannot be written: " + words_of(number);
  }

  void recovered(std::unique_lock<std::mutex>& lock) {
    state_.failure.clear();
    tell({}, state_.lost, lock);
  }

  void tell(const std::string& why, std::uint64_t lost, std::unique_lock<std::mutex>& lock) {
    auto all = hooks_;
    if (options_.on_loss())
      all.push_back(options_.on_loss());
    const auto words = why;
    lock.unlock();
    for (const auto& hook : all)
      try {
        hook(words, lost);
      } catch (...) {
        // A failing hook must not fail the call.
      }
    lock.lock();
  }

  const std::string path_;
  const ledger_options options_;
  mutable std::mutex mutex_;
  descriptor file_;
  dev_t device_ = 0;
  ino_t number_ = 0;
  bool regular_ = false;
  bool tried_ = false; // a line has been written
  bool torn_ = false;  // the file ends within a line
  std::uint64_t size_ = 0;
  steady::time_point looked_;
  state state_;
  std::vector<ledger_options::loss_hook> hooks_;
};

} // namespace

std::shared_ptr<ledger_file> open_ledger(std::string path, ledger_options o) {
  if (path.empty())
    throw error(errc::invalid_configuration, "ledger.path: must not be empty");
  if (o.keep() == 0 || o.keep() > 1000)
    throw error(errc::invalid_configuration, "ledger.keep: must be from 1 to 1000");
  return std::make_shared<appender>(std::move(path), std::move(o));
}

} // namespace weir::inline v0
