#include "tool/arguments/piped_input.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <string_view>

#include "core/descriptor.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/output/output.hpp"
#include "tool/output/status_line.hpp"

namespace weir::inline v0::cli {

namespace {

using namespace std::chrono_literals;

// How long an inherited input may take to bring something.
constexpr auto patience = 2s;
// What is typed or made ready within this time needs no status line.
constexpr auto at_once = 300ms;

template <class F>
void for_numbers_in(const std::string& folder, bool& readable, F f) {
  const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir(folder.c_str()), &::closedir);
  readable = all != nullptr;
  if (!all)
    return;
  while (const auto* entry = ::readdir(all.get())) {
    const std::string_view name(entry->d_name);
    int number = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (failed == std::errc() && end == name.data() + name.size())
      f(number);
  }
}

class process {
public:
  int parent = 0;
  int session = -1;
};

// From proc(5)'s stat: pid (comm) state ppid pgrp session.
process look_at(int pid) {
  process p;
  const descriptor file(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text{};
  const auto size = file ? ::read(file.get(), text.data(), text.size() - 1) : 0;
  if (size <= 0)
    return p;
  // A command's name may hold anything, parentheses too.
  const auto* rest = std::strrchr(text.data(), ')');
  char state = 0;
  int group = 0;
  if (!rest || std::sscanf(rest, ") %c %d %d %d", &state, &p.parent, &group, &p.session) != 4)
    return process();
  return p;
}

// Whether the process has this pipe open for writing; so it counts where that cannot be seen, as with sudo.
bool may_write(int pid, const struct stat& pipe) {
  const auto folder = "/proc/" + std::to_string(pid) + "/fd/";
  bool readable = false;
  bool found = false;
  for_numbers_in(folder, readable, [&](int number) {
    struct stat target{}, link{};
    const auto path = folder + std::to_string(number);
    found = found || (::stat(path.c_str(), &target) == 0 && target.st_dev == pipe.st_dev &&
                      target.st_ino == pipe.st_ino && ::lstat(path.c_str(), &link) == 0 && (link.st_mode & S_IWUSR));
  });
  return found || (!readable && errno == EACCES);
}

// The shell that runs the pipeline holds its ends only while it starts it, and a program that runs us with a pipe is
// one of our ancestors.
bool has_writer_here(const struct stat& pipe) {
  std::set<int> own;
  for (int pid = ::getpid(); pid > 1 && own.insert(pid).second;)
    pid = look_at(pid).parent;
  const int session = ::getsid(0);
  bool readable = false;
  bool found = false;
  for_numbers_in("/proc", readable, [&](int pid) {
    found = found || (!own.contains(pid) && look_at(pid).session == session && may_write(pid, pipe));
  });
  return found;
}

// The link of a pipe without a name is `pipe:[1234]`.
bool is_named(int file) {
  char target[16];
  const auto size = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), target, sizeof target);
  return size > 0 && target[0] == '/';
}

std::string text_of(std::string bytes) {
  auto text = as_text(std::move(bytes), "standard input");
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.pop_back();
  return text;
}

} // namespace

input_origin origin_of(int file) {
  struct stat s{};
  const int flags = ::fcntl(file, F_GETFL);
  // nohup leaves one that cannot be read.
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY || ::isatty(file) == 1 || ::fstat(file, &s) != 0)
    return input_origin::none;
  if (S_ISSOCK(s.st_mode))
    return input_origin::inherited;
  if (S_ISFIFO(s.st_mode) && !is_named(file) && !has_writer_here(s))
    return input_origin::inherited;
  return input_origin::redirected;
}

std::string piped_text(bool wait) {
  const auto origin = wait ? input_origin::redirected : origin_of(STDIN_FILENO);
  if (origin == input_origin::none)
    return {};
  status_line status(!::isatty(STDIN_FILENO));
  bool came = readable_within(STDIN_FILENO, at_once);
  if (!came) {
    status.begin();
    status.show("waiting for standard input …");
  }
  if (!came && origin == input_origin::inherited && !readable_within(STDIN_FILENO, patience)) {
    status.end();
    tell(stderr, "standard input is open but brought nothing: the prompt is sent without it (to wait for it, add -)\n");
    return {};
  }
  auto bytes = read_all(STDIN_FILENO, "standard input");
  status.end();
  return text_of(std::move(bytes));
}

} // namespace weir::inline v0::cli
