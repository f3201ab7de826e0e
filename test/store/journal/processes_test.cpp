// Several processes, and processes that are killed.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "store/journal/support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

// A process that runs `body` with the end of a pipe to write to; killed, if it is still there, by its owner's end.
class child_process {
public:
  template <class Body>
  explicit child_process(Body body) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    std::cout.flush();
    id_ = ::fork();
    REQUIRE(id_ >= 0);
    if (id_ == 0) {
      ::close(ends[0]);
      ::alarm(60);
      try {
        body(ends[1]);
      } catch (...) {
        ::_exit(3);
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    from_ = ends[0];
  }
  child_process(const child_process&) = delete;
  ~child_process() {
    kill();
    ::close(from_);
  }
  void kill() {
    if (id_ > 0)
      ::kill(id_, SIGKILL);
    wait();
  }
  int wait() {
    int status = 0;
    if (id_ > 0)
      ::waitpid(id_, &status, 0);
    id_ = -1;
    return status;
  }
  // Something it has written; 0 at the end.
  std::uint64_t next() const {
    std::uint64_t n = 0;
    pollfd ready{from_, POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 30'000) == 1);
    return ::read(from_, &n, sizeof n) == sizeof n ? n : 0;
  }

private:
  pid_t id_ = -1;
  int from_ = -1;
};

void tell(int to, std::uint64_t n) {
  if (::write(to, &n, sizeof n) != sizeof n)
    ::_exit(4);
}

} // namespace

TEST_CASE("a second process is refused at once, and told which file and what to do") {
  const journal_folder folder;
  const auto path = folder / "journal";
  child_process first([&](int to) {
    const auto j = open_journal(path);
    tell(to, static_cast<std::uint64_t>(::getpid()));
    ::pause();
  });
  const auto holder = first.next();
  REQUIRE(holder > 0);
  const auto begin = std::chrono::steady_clock::now();
  const auto why = refusal_of([&] { open_journal(path); });
  CHECK(std::chrono::steady_clock::now() - begin < 100ms);
  CHECK(why.find(path) != std::string::npos);
  CHECK(why.find("in use by another run") != std::string::npos);
  CHECK(why.find("wait for that to end or stop it") != std::string::npos);
  if (std::filesystem::exists("/proc/locks"))
    CHECK_MESSAGE(why.find("(process " + std::to_string(holder) + ")") != std::string::npos, why);
  first.kill();
  CHECK(refusal_of([&] { open_journal(path); }).empty());
}

TEST_CASE("of processes that begin one journal together exactly one has it") {
  const journal_folder folder;
  for (int round = 0; round < 20; ++round) {
    const auto path = folder / ("journal-" + std::to_string(round));
    const auto body = [&](int to) {
      std::unique_ptr<journal> j;
      try {
        j = open_journal(path);
      } catch (const error&) {
        tell(to, 2);
        return;
      }
      tell(to, 1);
      ::pause();
    };
    child_process a(body), b(body), c(body);
    CHECK(a.next() + b.next() + c.next() == 5);
  }
}

TEST_CASE("a journal that was deleted while it was open is begun anew") {
  const journal_folder folder;
  const auto path = folder / "journal";
  const auto old = open_journal(path);
  std::filesystem::remove(path);
  const auto next = open_journal(path);
  CHECK_FALSE(next->resumed());
}

TEST_CASE("after kill -9 at any instant every record whose callback came is there") {
  const journal_folder folder;
  const auto kills = number_from("WEIR_KILLS", 30);
  std::random_device device;
  const auto seed = number_from("WEIR_SEED", device());
  INFO("WEIR_SEED=" << seed);
  std::mt19937_64 random(seed);
  std::set<std::uint64_t> confirmed;
  std::uint64_t cut = 0;
  auto path = folder / "journal";
  for (std::size_t round = 0; round < kills; ++round) {
    if (round % 8 == 0) {
      confirmed.clear();
      path = folder / ("journal-" + std::to_string(round));
    }
    const auto from = 1 + round * 1'000'000;
    const bool while_opening = random() % 5 == 0;
    child_process writer([&](int to) {
      if (while_opening)
        tell(to, ~std::uint64_t{0});
      const auto j = open_journal(path, journal_options().settings("s"));
      for (auto n = from; n < from + 500'000; ++n)
        j->append(record_of(1, n, n % 7 * 40), [to, n](error_code ec) {
          if (!ec.failed())
            tell(to, n);
        });
    });
    const auto first = writer.next();
    REQUIRE(first != 0);
    if (!while_opening)
      confirmed.insert(first);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (while_opening ? 5'000 : 30'000)));
    // It stands still when the pipe is full, so it is emptied now and then.
    writer.kill();
    while (const auto n = writer.next())
      confirmed.insert(n);
    confirmed.erase(~std::uint64_t{0});
    const auto j = open_journal(path, journal_options().settings("s"));
    cut += j->cut() != 0;
    std::size_t lost = 0;
    for (const auto n : confirmed)
      lost += !j->find("id-" + std::to_string(n));
    CHECK(lost == 0);
    std::size_t wrong = 0;
    j->scan([&](const journal_record& r, std::uint64_t, bool current) {
      wrong += !current || !same(r, record_of(1, r.index, r.index % 7 * 40));
    });
    CHECK(wrong == 0);
    if (lost + wrong != 0)
      break;
  }
  MESSAGE(kills << " kills, " << confirmed.size() << " records confirmed in the last journal, " << cut << " torn ends");
}
