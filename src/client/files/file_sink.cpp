#include "client/files/file_sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr std::size_t head_size = 16;
constexpr std::size_t most_numbers = 10'000;

// An unused name in the folder of `base`, short enough for every file system.
std::string partial_name(const std::string& base) {
  static std::atomic<unsigned> count{0};
  const auto name = base.substr(base.rfind('/') + 1).substr(0, 200);
  return folder_of(base) + '/' + name + ".part-" + std::to_string(::getpid()) + '-' + std::to_string(++count);
}

std::string link_to(const descriptor& file) { return "/proc/self/fd/" + std::to_string(file.get()); }

} // namespace

file_sink::file_sink(std::string path, std::size_t index) : path_(std::move(path)), index_(index) {
  if (index_ == 0)
    where_.emplace(path_);
  const auto& base = where_ ? where_->path() : path_;
  // The system applies the user's mask to a new file; a private one is never readable by others, not for a moment.
  const mode_t mode = where_ && where_->existing() ? 0600 : 0666;
  if (!open_unnamed(folder_of(base), mode))
    open_named(base, mode);
}

file_sink::~file_sink() {
  if (!partial_.empty())
    ::unlink(partial_.c_str());
}

bool file_sink::open_unnamed(const std::string& folder, mode_t mode) {
  file_ = descriptor(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
  // Without /proc it could not be given a name.
  return file_ && ::access(link_to(file_).c_str(), F_OK) == 0;
}

void file_sink::open_named(const std::string& base, mode_t mode) {
  do {
    partial_ = partial_name(base);
    file_ = descriptor(::open(partial_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  } while (!file_ && errno == EEXIST);
  if (!file_) {
    partial_.clear();
    cannot_write(path_, errno);
  }
}

void file_sink::write(std::string_view piece) {
  if (head_.size() < head_size)
    head_ += piece.substr(0, head_size - head_.size());
  while (!piece.empty()) {
    const auto n = ::write(file_.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      not_saved(path_, errno);
    piece.remove_prefix(static_cast<std::size_t>(n));
  }
}

asio::awaitable<void> file_sink::commit(media& into) {
  if (index_ == 0)
    replace();
  else
    add();
  file_ = descriptor();
  into.bytes.clear();
  into.path = path_;
  if (into.content_type.empty())
    into.content_type = content_type_of(head_);
  co_return;
}

void file_sink::name_it() {
  while (partial_.empty()) {
    auto name = partial_name(where_->path());
    if (::linkat(AT_FDCWD, link_to(file_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0)
      partial_ = std::move(name);
    else if (errno != EEXIST)
      not_saved(path_, errno);
  }
}

void file_sink::replace() {
  if (const auto& old = where_->existing()) {
    const bool same = ::fchown(file_.get(), old->user, old->group) == 0;
    ::fchmod(file_.get(), same ? old->mode : old->mode & 0777);
  }
  name_it();
  if (::rename(partial_.c_str(), where_->path().c_str()) == 0)
    partial_.clear();
  else if (where_->existing())
    copy_over();
  else
    not_saved(path_, errno);
}

// A file that cannot be replaced, only written: mounted by itself, or another's in a folder like /tmp.
void file_sink::copy_over() {
  const descriptor to(::open(where_->path().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!to)
    not_saved(path_, errno);
  char piece[16 << 10];
  off_t at = 0;
  for (;;) {
    const auto got = ::pread(file_.get(), piece, sizeof piece, at);
    if (got == 0)
      return;
    const auto put = got < 0 ? -1 : ::write(to.get(), piece, static_cast<std::size_t>(got));
    if (put < 0 && errno != EINTR)
      not_saved(path_, errno);
    if (put > 0)
      at += put;
  }
}

void file_sink::add() {
  for (auto number = index_; number < index_ + most_numbers; ++number) {
    auto name = numbered_path(path_, number);
    if (add_as(name)) {
      path_ = std::move(name);
      return;
    }
  }
  not_saved(path_, EEXIST);
}

// Whether there was nothing of that name.
bool file_sink::add_as(const std::string& path) {
  const auto from = partial_.empty() ? link_to(file_) : partial_;
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0)
    return true;
  if (errno == EEXIST)
    return false;
  // A file system without hard links, and so without files that have no name.
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0)
    return false;
  if (::rename(from.c_str(), path.c_str()) != 0)
    not_saved(path_, errno);
  partial_.clear();
  return true;
}

} // namespace weir::inline v0
