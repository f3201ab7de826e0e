// The response cache on disk: what survives processes that die, files that are damaged, and disks that are full.
#include <weir/store/disk_cache.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace weir;

namespace {

class folder {
public:
  folder() {
    auto name = (fs::temp_directory_path() / "weir-cache-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~folder() {
    std::error_code ec;
    fs::permissions(path, fs::perms::owner_all, ec);
    fs::remove_all(path, ec);
  }
  std::string file() const { return (path / "made" / "responses.sqlite").string(); }
  std::vector<std::string> files() const {
    std::vector<std::string> all;
    for (const auto& e : fs::recursive_directory_iterator(path))
      if (e.is_regular_file())
        all.push_back(e.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }
  bool has_set_aside() const {
    const auto all = files();
    return std::any_of(all.begin(), all.end(),
                       [](const std::string& f) { return f.find(".set-aside-1") != std::string::npos; });
  }
  fs::path path;
};

// Keeps what a store says.
class said {
public:
  std::function<void(const std::string&)> hook() {
    return [this](const std::string& text) {
      const std::lock_guard lock(mutex);
      lines.push_back(text);
    };
  }
  std::mutex mutex;
  std::vector<std::string> lines;
};

cache_entry entry(std::string data, std::chrono::system_clock::time_point at = std::chrono::system_clock::now()) {
  cache_entry e;
  e.written = at;
  e.operation = "chat";
  e.provider = "acme";
  e.model = "m";
  e.data = std::move(data);
  return e;
}

// What is stored under a key, so that a reader can tell whether it is whole.
std::string content_of(int key, std::size_t size) {
  std::string text = std::to_string(key) + ':';
  while (text.size() < size)
    text += static_cast<char>('a' + (text.size() * 7 + static_cast<std::size_t>(key)) % 26);
  return text;
}

std::string key_of(int n) { return "key" + std::to_string(n); }

bool is_whole(int key, const std::string& data) { return data == content_of(key, data.size()); }

} // namespace

TEST_CASE("a stored answer is there for the next process, and the file is its owner's only") {
  if (!has_disk_cache())
    return;
  const folder f;
  const auto now = std::chrono::system_clock::now();
  {
    const auto store = open_disk_cache(f.file());
    CHECK_FALSE(store->find("a"));
    store->put("a", entry(std::string("one\0two", 7), now));
    store->put("b", entry("b"));
    store->put("a", entry(std::string("two\0two", 7), now));
  }
  struct stat s{};
  REQUIRE(::stat(f.file().c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0600);
  const auto store = open_disk_cache(f.file());
  const auto found = store->find("a");
  REQUIRE(found);
  CHECK(found->data == std::string("two\0two", 7));
  CHECK(found->operation == "chat");
  CHECK(found->provider == "acme");
  CHECK(found->model == "m");
  CHECK(found->size == 7);
  CHECK(std::chrono::abs(found->written - now) < 2ms);
  CHECK(store->stats().entries == 2);
  CHECK(store->stats().bytes == 8);
  store->erase("a");
  store->flush();
  CHECK_FALSE(store->find("a"));
  CHECK(store->clear() == 1);
  CHECK(store->stats().entries == 0);
  CHECK(store->stats().failures == 0);
}

TEST_CASE("an entry does not take the place of a younger one, unless that is from the future") {
  if (!has_disk_cache())
    return;
  const folder f;
  const auto store = open_disk_cache(f.file());
  const auto now = std::chrono::system_clock::now();
  store->put("a", entry("young", now));
  store->put("a", entry("old", now - 10s));
  store->put("b", entry("from the future", now + 1h));
  store->put("b", entry("now", now));
  store->flush();
  CHECK(store->find("a")->data == "young");
  CHECK(store->find("b")->data == "now");
  store->put("a", entry("younger", now + 1s));
  store->flush();
  CHECK(store->find("a")->data == "younger");
  CHECK(store->stats().entries == 2);
}

TEST_CASE("entries are shown the newest first, until the caller has seen enough") {
  const folder f;
  const auto store = open_disk_cache(f.file());
  const auto now = std::chrono::system_clock::now();
  for (int i = 0; i < 5; ++i)
    store->put(key_of(i), entry("x", now - std::chrono::seconds(i)));
  store->flush();
  std::vector<std::string> seen;
  store->each([&](const std::string& key, const cache_entry& e) {
    CHECK(e.size == 1);
    CHECK(e.data.empty());
    seen.push_back(key);
    return seen.size() < 3;
  });
  CHECK(seen == std::vector<std::string>{"key0", "key1", "key2"});
}

TEST_CASE("the file is bounded: the oldest answers go, and those that are too old") {
  const folder f;
  const auto store = open_disk_cache(f.file(), disk_cache_settings().max_bytes(100'000).keep_for(1h));
  const auto now = std::chrono::system_clock::now();
  store->put("ancient", entry("x", now - 2h));
  for (int i = 0; i < 200; ++i)
    store->put(key_of(i), entry(content_of(i, 2000), now - 1min + std::chrono::milliseconds(i)));
  store->flush();
  const auto s = store->stats();
  CHECK(s.bytes <= 110'000);
  CHECK(s.entries >= 30);
  CHECK(s.evicted > 100);
  CHECK_FALSE(store->find("ancient"));
  CHECK_FALSE(store->find(key_of(0)));
  CHECK(store->find(key_of(199)));
}

TEST_CASE("a file that is damaged, or of another version, is set aside and not lost") {
  for (const bool damaged : {true, false}) {
    const folder f;
    {
      const auto store = open_disk_cache(f.file());
      store->put("a", entry("x"));
    }
    if (damaged) {
      fs::resize_file(f.file(), 0);
      std::ofstream(f.file()) << std::string(8192, 'x');
    } else {
      // The version is in bytes 60 to 63 of the file.
      std::fstream file(f.file(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(60);
      file.write("\0\0\0\x63", 4);
    }
    said heard;
    {
      const auto store = open_disk_cache(f.file(), disk_cache_settings().on_trouble(heard.hook()));
      CHECK_FALSE(store->find("a"));
      store->put("b", entry("y"));
      store->flush();
      CHECK(store->find("b"));
    }
    CHECK(f.has_set_aside());
    REQUIRE(heard.lines.size() == 1);
    CHECK(heard.lines[0].find(damaged ? "is damaged" : "another version of weir (format 99)") != std::string::npos);
    CHECK(heard.lines[0].find(".set-aside-1") != std::string::npos);
    CHECK(open_disk_cache(f.file())->find("b"));
  }
}

TEST_CASE("damage that shows while the file is used costs its answers, and the cache goes on") {
  const folder f;
  {
    const auto store = open_disk_cache(f.file());
    for (int i = 0; i < 50; ++i)
      store->put(key_of(i), entry(content_of(i, 3000)));
  }
  {
    // All but the first page, which opening reads.
    std::fstream file(f.file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    const auto size = fs::file_size(f.file());
    file << std::string(size - 4096, '\x55');
  }
  said heard;
  const auto store = open_disk_cache(f.file(), disk_cache_settings().on_trouble(heard.hook()));
  for (int i = 0; i < 50; ++i)
    if (const auto found = store->find(key_of(i)))
      CHECK(is_whole(i, found->data));
  store->flush(); // Until then it may be without a file.
  store->put("new", entry("x"));
  store->flush();
  CHECK(store->find("new"));
  CHECK(store->stats().failures > 0);
  CHECK_FALSE(heard.lines.empty());
  CHECK(f.has_set_aside());
}

TEST_CASE("a file that cannot be used is no error: it is told once and counted") {
  const folder f;
  // Its folder is a file.
  std::ofstream(f.path / "made") << "x";
  said heard;
  const auto store = open_disk_cache(f.file(), disk_cache_settings().on_trouble(heard.hook()));
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(store->find("a"));
    store->put("a", entry("x"));
  }
  store->flush();
  CHECK(store->clear() == 0);
  CHECK(store->stats().failures >= 10);
  CHECK(store->stats().trouble.find("is not used") != std::string::npos);
  CHECK(heard.lines.size() == 1);
}

TEST_CASE("a folder or file without permission is no error") {
  if (::geteuid() == 0)
    return; // Root may do everything.
  const folder f;
  fs::permissions(f.path, fs::perms::owner_read | fs::perms::owner_exec);
  said heard;
  const auto store = open_disk_cache(f.file(), disk_cache_settings().on_trouble(heard.hook()));
  store->put("a", entry("x"));
  CHECK(heard.lines.size() == 1);
}

TEST_CASE("a cache that is a pipe, or in what is no folder, is not used and not waited for") {
  if (!has_disk_cache())
    return;
  const folder f;
  fs::create_directories(fs::path(f.file()).parent_path());
  REQUIRE(::mkfifo(f.file().c_str(), 0600) == 0);
  for (const bool below : {false, true}) {
    said heard;
    const auto store =
        open_disk_cache(below ? f.file() + "/c" : f.file(), disk_cache_settings().on_trouble(heard.hook()));
    store->put("a", entry("x"));
    CHECK_FALSE(store->find("a"));
    REQUIRE(heard.lines.size() == 1);
    CHECK(heard.lines[0].find(below ? "is not used: the folder it should be in is none"
                                    : "is not used: it is a pipe, and not a regular file") != std::string::npos);
  }
}

TEST_CASE("what cannot be written, as on a full disk, is counted and told once, and reading goes on") {
  const folder f;
  {
    open_disk_cache(f.file())->put("a", entry("x"));
  }
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // A limit on the size of files stands for the full disk.
    ::signal(SIGXFSZ, SIG_IGN);
    int bad = 0;
    {
      said heard;
      const auto store = open_disk_cache(f.file(), disk_cache_settings().on_trouble(heard.hook()));
      const rlimit limit{100'000, 100'000};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      for (int i = 0; i < 5; ++i) {
        store->put(key_of(i), entry(content_of(i, 200'000)));
        store->flush();
      }
      bad |= store->find("a") ? 0 : 1;
      bad |= store->stats().failures == 5 ? 0 : 2;
      const std::lock_guard lock(heard.mutex);
      bad |= heard.lines.size() == 1 ? 0 : 4;
    }
    ::_exit(bad);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("more than may wait is dropped, and counted") {
  const folder f;
  const auto store = open_disk_cache(f.file(), disk_cache_settings().max_waiting(8).max_waiting_bytes(100'000));
  store->put("too large", entry(std::string(200'000, 'x')));
  CHECK(store->stats().dropped == 1);
  for (int i = 0; i < 2000; ++i)
    store->put(key_of(i), entry("x"));
  store->flush();
  const auto s = store->stats();
  CHECK(s.entries + s.dropped - 1 == 2000);
}

TEST_CASE("two processes and their threads use one file at the same time") {
  const folder f;
  constexpr int keys = 50, rounds = 400;
  const auto work = [&f](unsigned seed) {
    int bad = 0;
    // What goes wrong stands in the test's log.
    const auto store = open_disk_cache(f.file(), disk_cache_settings().on_trouble([](const std::string& line) {
      std::fprintf(stderr, "%s\n", line.c_str());
    }));
    std::mt19937 random(seed);
    for (int i = 0; i < rounds; ++i) {
      const int key = static_cast<int>(random() % keys);
      if (random() % 2 == 0)
        store->put(key_of(key), entry(content_of(key, 10 + random() % 20'000)));
      else if (const auto found = store->find(key_of(key)); found && !is_whole(key, found->data))
        ++bad;
    }
    store->flush();
    return bad + static_cast<int>(store->stats().failures);
  };
  std::vector<pid_t> children;
  for (unsigned i = 0; i < 2; ++i) {
    children.push_back(::fork());
    REQUIRE(children.back() >= 0);
    if (children.back() == 0)
      ::_exit(std::min(100, work(i)));
  }
  int bad = 0;
  std::thread other([&] { bad = work(7); });
  const int mine = work(8);
  other.join();
  CHECK(bad == 0);
  CHECK(mine == 0);
  for (const auto child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  const auto store = open_disk_cache(f.file());
  CHECK(store->stats().entries == keys);
  CHECK_FALSE(f.has_set_aside());
}

TEST_CASE("processes that find no file at the same time make one together") {
  for (int round = 0; round < 5; ++round) {
    const folder f;
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i) {
      children.push_back(::fork());
      REQUIRE(children.back() >= 0);
      if (children.back() == 0) {
        const auto store = open_disk_cache(f.file());
        store->put(key_of(i), entry("x"));
        store->flush();
        ::_exit(static_cast<int>(store->stats().failures));
      }
    }
    for (const auto child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      CHECK(WIFEXITED(status));
      CHECK(WEXITSTATUS(status) == 0);
    }
    CHECK(open_disk_cache(f.file())->stats().entries == 8);
    CHECK_FALSE(f.has_set_aside());
  }
}

TEST_CASE("a file of another version that others have open is left where it is") {
  const folder f;
  said heard;
  const auto other = open_disk_cache(f.file());
  other->put("a", entry("x"));
  other->flush();
  // As another version would have written it.
  if (std::system(("sqlite3 " + f.file() + " 'PRAGMA user_version = 99' 2>/dev/null").c_str()) != 0)
    return; // There is no sqlite3 here.
  const auto store = open_disk_cache(f.file(), disk_cache_settings().on_trouble(heard.hook()));
  REQUIRE(heard.lines.size() == 1);
  CHECK(heard.lines[0].find("in use by other programs") != std::string::npos);
  CHECK_FALSE(f.has_set_aside());
  CHECK(other->find("a"));
  store->put("b", entry("x"));
  CHECK(store->stats().failures == 1);
}

TEST_CASE("a writer that is killed at any instant leaves a cache that can be read") {
  const folder f;
  std::mt19937 random(std::random_device{}());
  constexpr int keys = 20;
  {
    open_disk_cache(f.file())->put(key_of(0), entry(content_of(0, 100)));
  }
  std::uint64_t found = 0;
  for (int i = 0; i < 200; ++i) {
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const auto store = open_disk_cache(f.file(), disk_cache_settings().max_bytes(200'000));
      for (int n = 0;; ++n) {
        const int key = (n * 7 + i) % keys;
        store->put(key_of(key), entry(content_of(key, 100 + static_cast<std::size_t>(n * 997) % 30'000)));
        if (n % 16 == 0)
          store->flush();
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(1000 + random() % 14'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    if (i % 10 != 9)
      continue;
    const auto store = open_disk_cache(f.file());
    for (int key = 0; key < keys; ++key)
      if (const auto e = store->find(key_of(key))) {
        ++found;
        CHECK(is_whole(key, e->data));
      }
    CHECK(store->stats().failures == 0);
  }
  CHECK(found > 0);
  CHECK_FALSE(f.has_set_aside());
}

TEST_CASE("the command's cache is where the environment says") {
  const char* given = std::getenv("XDG_CACHE_HOME");
  const std::string before = given ? given : "";
  ::setenv("XDG_CACHE_HOME", "/somewhere", 1);
  CHECK(default_disk_cache_path() == "/somewhere/weir/responses.sqlite");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  CHECK(default_disk_cache_path().ends_with("/.cache/weir/responses.sqlite"));
  if (given)
    ::setenv("XDG_CACHE_HOME", before.c_str(), 1);
  else
    ::unsetenv("XDG_CACHE_HOME");
}
