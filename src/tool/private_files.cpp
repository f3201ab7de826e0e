#include "tool/private_files.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <weir/core/error.hpp>

#include "core/descriptor.hpp"

namespace weir::inline v0::cli {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void not_saved(const std::string& path, int number) {
  throw error(errc::not_saved, fmt::format("{} cannot be saved: {}", path, std::strerror(number)));
}

std::string absolute(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value == '/' ? value : "";
}

// Removed unless it takes the other file's place.
class replacement {
public:
  explicit replacement(const std::string& path)
      : path_(path), name_(fmt::format("{}.part-{}", path, ::getpid())),
        file_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)) {
    if (!file_)
      not_saved(path_, errno);
  }
  replacement(const replacement&) = delete;
  replacement& operator=(const replacement&) = delete;
  ~replacement() {
    if (!placed_)
      ::unlink(name_.c_str());
  }

  void write(std::string_view content) {
    while (!content.empty()) {
      const auto n = ::write(file_.get(), content.data(), content.size());
      if (n < 0 && errno != EINTR)
        not_saved(path_, errno);
      if (n > 0)
        content.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  void place() {
    // On disk before it has the name: otherwise a crash of the machine could leave neither content.
    if (::fdatasync(file_.get()) != 0 || ::rename(name_.c_str(), path_.c_str()) != 0)
      not_saved(path_, errno);
    placed_ = true;
  }

private:
  const std::string& path_;
  std::string name_;
  descriptor file_;
  bool placed_ = false;
};

} // namespace

std::string state_file(std::string_view name) {
  auto folder = absolute("XDG_STATE_HOME");
  if (folder.empty()) {
    folder = absolute("HOME");
    if (folder.empty())
      return {};
    folder += "/.local/state";
  }
  return fmt::format("{}/weir/{}", folder, name);
}

void make_folders_of(const std::string& path) noexcept {
  for (auto at = path.find('/', 1); at != path.npos; at = path.find('/', at + 1))
    ::mkdir(path.substr(0, at).c_str(), 0700);
}

void write_private(const std::string& path, std::string_view content) {
  std::error_code ec;
  const auto target = fs::canonical(path, ec);
  const auto name = ec ? path : target.string();
  replacement file(name);
  file.write(content);
  file.place();
}

} // namespace weir::inline v0::cli
