#include "client/sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <weir/core/error.hpp>

namespace weir {

namespace {

class memory_sink final : public sink {
public:
  void write(std::string_view piece) override { bytes_ += piece; }
  void commit(media& into) override { into.bytes = std::move(bytes_); }

private:
  std::string bytes_;
};

class file_sink final : public sink {
public:
  explicit file_sink(const std::string& path) : path_(path), partial_(path + ".part-XXXXXX") {
    file_ = ::mkostemp(partial_.data(), O_CLOEXEC);
    if (file_ < 0)
      fail();
  }
  ~file_sink() override {
    if (file_ < 0)
      return;
    ::close(file_);
    ::unlink(partial_.c_str());
  }
  file_sink(const file_sink&) = delete;
  file_sink& operator=(const file_sink&) = delete;

  void write(std::string_view piece) override {
    while (!piece.empty()) {
      const auto n = ::write(file_, piece.data(), piece.size());
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        fail();
      if (head_.size() < 16)
        head_ += piece.substr(0, 16);
      piece.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  void commit(media& into) override {
    // mkostemp makes a file for its owner only; the user's mask decides as for any new file.
    const auto mask = ::umask(0);
    ::umask(mask);
    ::fchmod(file_, 0666 & ~mask);
    if (::rename(partial_.c_str(), path_.c_str()) != 0)
      fail();
    ::close(std::exchange(file_, -1));
    into.bytes.clear();
    into.path = path_;
    if (into.content_type.empty())
      into.content_type = content_type_of(head_);
  }

private:
  [[noreturn]] void fail() const {
    throw error(errc::invalid_argument, "cannot write " + path_ + ": " + std::strerror(errno));
  }

  std::string path_, partial_, head_;
  int file_ = -1;
};

} // namespace

std::unique_ptr<sink> make_sink(const std::string& path) {
  if (path.empty())
    return std::make_unique<memory_sink>();
  return std::make_unique<file_sink>(path);
}

std::string numbered_path(const std::string& path, std::size_t index) {
  if (path.empty() || index == 0)
    return path;
  const auto slash = path.rfind('/');
  const auto dot = path.rfind('.');
  const bool extends = dot != std::string::npos && (slash == std::string::npos || dot > slash + 1) && dot > 0;
  const auto stem = extends ? path.substr(0, dot) : path;
  return stem + '-' + std::to_string(index + 1) + (extends ? path.substr(dot) : std::string());
}

} // namespace weir
