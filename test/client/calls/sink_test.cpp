// Where results are saved: files that appear complete in one step, and FIFOs and devices that take bytes.
#include "client/files/sink.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <weir/core/backoff.hpp>

#include "client/support.hpp"
#include "core/descriptor.hpp"

using namespace weir;
using namespace weir::test;
namespace fs = std::filesystem;

namespace {

// A folder of its own, removed afterwards.
class folder {
public:
  folder() {
    std::string name = fs::temp_directory_path() / "weir-sink-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()));
    path_ = name;
  }
  ~folder() {
    ::chmod(path_.c_str(), 0700);
    fs::remove_all(path_);
  }
  std::string operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const noexcept { return path_; }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), {})); }

private:
  fs::path path_;
};

// All threads of a process share its umask: set here, while there are no others, and restored.
class mask {
public:
  explicit mask(mode_t m) : before_(::umask(m)) {}
  ~mask() { ::umask(before_); }

private:
  mode_t before_;
};

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

mode_t mode_of(const std::string& path) {
  struct stat s{};
  REQUIRE(::lstat(path.c_str(), &s) == 0);
  return s.st_mode;
}

asio::awaitable<void> save(const destination& to, std::size_t index, std::string bytes, media& made) {
  const auto one = to.begin(index);
  one->write(bytes);
  co_await one->commit(made);
}

media saved(const destination& to, std::size_t index, const std::string& bytes) {
  media made;
  bench b;
  CHECK(b.run([&]() -> asio::awaitable<void> { co_await save(to, index, bytes, made); }));
  return made;
}

media saved(const std::string& path, const std::string& bytes) { return saved(destination(path), 0, bytes); }

std::string refusal(const std::string& path) {
  try {
    destination to(path);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.what();
  }
  return "none";
}

const std::string png = std::string("\x89PNG\r\n\x1a\n", 8) + "rest";

} // namespace

TEST_CASE("without a path a result stays in memory") {
  CHECK(saved("", "abc").bytes == "abc");
  CHECK(saved("", "abc").path.empty());
}

TEST_CASE("a new file has the mode that the umask allows, and does not exist before it is complete") {
  const folder here;
  const mask m(027);
  const destination to(here / "a.png");
  CHECK(here.files() == 0);
  {
    const auto half = to.begin(0);
    half->write("half");
    CHECK(contents(here / "a.png").empty());
  }
  CHECK(here.files() == 0);
  const auto made = saved(to, 0, png);
  CHECK(made.path == here / "a.png");
  CHECK(made.bytes.empty());
  CHECK(made.content_type == "image/png");
  CHECK(contents(here / "a.png") == png);
  CHECK(mode_of(here / "a.png") == (S_IFREG | 0640));
  CHECK(here.files() == 1);
}

TEST_CASE("an existing file is replaced in one step, and keeps its mode and owner") {
  const folder here;
  put(here / "a", "old");
  ::chmod((here / "a").c_str(), 0600);
  const bool root = ::geteuid() == 0;
  if (root)
    REQUIRE(::chown((here / "a").c_str(), 12, 34) == 0);
  // Whoever has the old one open goes on reading it.
  std::ifstream reader(here / "a");
  {
    const auto half = destination(here / "a").begin(0);
    half->write("half");
  }
  CHECK(contents(here / "a") == "old");
  saved(here / "a", "new");
  std::string text;
  reader >> text;
  CHECK(text == "old");
  CHECK(contents(here / "a") == "new");
  CHECK(mode_of(here / "a") == (S_IFREG | 0600));
  struct stat s{};
  REQUIRE(::stat((here / "a").c_str(), &s) == 0);
  CHECK((!root || (s.st_uid == 12 && s.st_gid == 34)));
  CHECK(here.files() == 1);
}

TEST_CASE("a symbolic link is followed, and its target replaced") {
  const folder here;
  fs::create_directories(here / "deep/er");
  put(here / "deep/real", "old");
  fs::create_symlink("../real", here / "deep/er/second");
  fs::create_symlink("deep/er/second", here / "first");
  const auto made = saved(here / "first", "new");
  CHECK(made.path == here / "first");
  CHECK(contents(here / "deep/real") == "new");
  CHECK(fs::is_symlink(here / "first"));
  CHECK(fs::is_symlink(here / "deep/er/second"));
  CHECK(here.files() == 2);

  fs::create_symlink("deep/not-yet", here / "dangling");
  saved(here / "dangling", "made");
  CHECK(contents(here / "deep/not-yet") == "made");
  CHECK(fs::is_symlink(here / "dangling"));

  fs::create_symlink("ring", here / "ring");
  CHECK(refusal(here / "ring").find("cannot write") == 0);
}

TEST_CASE("further results get numbered names, and replace nothing") {
  const folder here;
  put(here / "a.png", "old");
  put(here / "a-2.png", "another's");
  fs::create_symlink("nowhere", here / "a-4.png");
  const destination to(here / "a.png");
  CHECK(saved(to, 0, "1").path == here / "a.png");
  CHECK(saved(to, 1, "2").path == here / "a-3.png");
  CHECK(saved(to, 2, "3").path == here / "a-5.png");
  CHECK(contents(here / "a.png") == "1");
  CHECK(contents(here / "a-2.png") == "another's");
  CHECK(contents(here / "a-3.png") == "2");
  CHECK(contents(here / "a-5.png") == "3");
  CHECK(here.files() == 5);
}

TEST_CASE("a path that cannot be saved to is refused at once, by name") {
  const folder here;
  CHECK(refusal(here.path()).find("it is a folder") != std::string::npos);
  CHECK(refusal(here / "").find("it is a folder") != std::string::npos);
  CHECK(refusal(here / "none/a").find("No such file") != std::string::npos);
  put(here / "file", "x");
  CHECK(refusal(here / "file/a").find("Not a directory") != std::string::npos);
  const descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const auto path = here / "s";
  path.copy(at.sun_path, sizeof at.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  CHECK(refusal(path).find("socket") != std::string::npos);
  CHECK(refusal("/proc/self/fd/99999") != "none");
  // Root may write everything.
  if (::geteuid() == 0)
    return;
  ::chmod((here / "file").c_str(), 0400);
  CHECK(refusal(here / "file").find("Permission denied") != std::string::npos);
  ::chmod(here.path().c_str(), 0500);
  CHECK(refusal(here / "new").find("Permission denied") != std::string::npos);
}

TEST_CASE("a FIFO gets all results once it has a reader, and stays a FIFO") {
  const folder here;
  const auto path = here / "fifo.mp3";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const std::string large(200'000, 'x'); // more than a pipe holds
  std::string read;
  bench b;
  b.spawn([&]() -> asio::awaitable<void> {
    const destination to(path);
    media made;
    co_await save(to, 0, large, made);
    CHECK(made.path == path);
    co_await save(to, 1, "second", made);
    CHECK(made.path == path);
  });
  bool ended = false;
  b.spawn([&]() -> asio::awaitable<void> {
    co_await sleep_for(5min);
    const descriptor reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    co_await sleep_for(10ms);
    char piece[5000];
    for (int empty = 0; empty < 100;) {
      const auto n = ::read(reader.get(), piece, sizeof piece);
      ended = n == 0;
      if (ended)
        break;
      if (n > 0)
        read.append(piece, static_cast<std::size_t>(n));
      else
        ++empty, co_await sleep_for(1ms);
    }
  });
  CHECK(testing::run(b.io));
  CHECK(ended);
  CHECK((read == large + "second"));
  CHECK((mode_of(path) & S_IFMT) == S_IFIFO);
  CHECK(here.files() == 1);
}

TEST_CASE("a FIFO that nobody reads, or whose reader leaves, is an error and not a signal") {
  const folder here;
  const auto path = here / "fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  bench b;
  std::string alone, left;
  b.spawn([&]() -> asio::awaitable<void> {
    media made;
    try {
      co_await save(destination(path), 0, "x", made);
    } catch (const error& e) {
      alone = e.what();
    }
    descriptor reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    const destination to(path);
    co_await save(to, 0, "x", made);
    reader = descriptor();
    try {
      co_await save(to, 1, "y", made);
    } catch (const error& e) {
      left = e.what();
    }
  });
  CHECK(testing::run(b.io));
  CHECK(alone == "cannot write " + path + ": nobody reads it");
  CHECK(left == "cannot write " + path + ": Broken pipe");
  CHECK(b.now() >= 10min);
}

TEST_CASE("a result that cannot be written is errc::not_saved, a path that never could be is errc::invalid_argument") {
  media made;
  bench b;
  error_code full, folder_code;
  b.spawn([&]() -> asio::awaitable<void> {
    try {
      const destination to("/dev/full");
      co_await save(to, 0, "x", made);
    } catch (const error& e) {
      full = e.code();
    }
  });
  CHECK(testing::run(b.io));
  CHECK(full == errc::not_saved);
  CHECK(full == condition::local);
  const folder here;
  try {
    const destination to(here.path());
  } catch (const error& e) {
    folder_code = e.code();
  }
  CHECK(folder_code == errc::invalid_argument);
  CHECK(refusal(here / "none/").find("no such folder") != std::string::npos);
}

TEST_CASE("another process's open file is written to, whatever its link is called") {
  const folder here;
  descriptor deleted(::open((here / "gone").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  fs::remove(here / "gone");
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const descriptor reads(ends[0]);
  descriptor writes(ends[1]);
  const auto other = ::fork();
  REQUIRE(other >= 0);
  if (other == 0)
    for (;;)
      ::pause();
  const auto place_of = [other](const descriptor& file) {
    return "/proc/" + std::to_string(other) + "/fd/" + std::to_string(file.get());
  };
  saved(place_of(deleted), "to a deleted file");
  saved(place_of(writes), "to a pipe");
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  char text[32];
  auto n = ::pread(deleted.get(), text, sizeof text, 0);
  CHECK(std::string_view(text, n < 0 ? 0 : static_cast<std::size_t>(n)) == "to a deleted file");
  n = ::read(reads.get(), text, sizeof text);
  CHECK(std::string_view(text, n < 0 ? 0 : static_cast<std::size_t>(n)) == "to a pipe");
  CHECK(here.files() == 0);
}

TEST_CASE("a wait for a reader ends with the deadline") {
  const folder here;
  const auto path = here / "fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  bench b;
  error_code code;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    media made;
    const destination to(path);
    auto saving = save(to, 0, "x", made);
    auto limited = within(2s, std::move(saving));
    code = co_await code_of(std::move(limited));
  }));
  CHECK(code == errc::deadline_exceeded);
  CHECK(b.now() == 2s);
}

TEST_CASE("files that are already open are written to at their position") {
  const folder here;
  const auto path = here / "log";
  put(path, "before\n");
  const descriptor open(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  REQUIRE(open);
  fs::create_symlink("/proc/self/fd/" + std::to_string(open.get()), here / "link");
  for (const auto& name : {"/dev/fd/" + std::to_string(open.get()), here / "link"})
    saved(name, "x");
  CHECK(contents(path) == "before\nxx");
  CHECK(here.files() == 2);
  const descriptor reading(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(refusal("/dev/fd/" + std::to_string(reading.get())).find("Bad file descriptor") != std::string::npos);
}

TEST_CASE("a device takes everything and is not replaced") {
  // Not the machine's own: a mistake could replace it.
  const folder here;
  const bool root = ::geteuid() == 0;
  const auto path = root ? here / "null" : std::string("/dev/null");
  if (root && (::mknod(path.c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0 || ::access(path.c_str(), W_OK) != 0 ||
               !descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC))))
    return; // a container, or a file system without devices
  const auto made = saved(path, "x");
  CHECK(made.path == path);
  CHECK((mode_of(path) & S_IFMT) == S_IFCHR);
}

TEST_CASE("threads that save do not affect the mode of files that other threads create") {
  const folder here;
  const mask m(077);
  std::atomic<bool> go = true;
  std::vector<std::thread> all;
  for (const char* name : {"a", "b"})
    all.emplace_back([&, name] {
      for (int i = 0; i < 200; ++i)
        saved(here / name, "x");
    });
  all.emplace_back([&] {
    while (go) {
      const auto path = here / "mine";
      const descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666));
      struct stat s{};
      if (::fstat(file.get(), &s) != 0 || (s.st_mode & 0777) != 0600)
        go = false;
      ::unlink(path.c_str());
    }
  });
  all[0].join();
  all[1].join();
  CHECK(go.exchange(false));
  all[2].join();
}
