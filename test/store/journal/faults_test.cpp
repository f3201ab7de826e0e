// The disk fails: at every call, with every error.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <map>
#include <optional>

#include "store/journal/support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

// What goes wrong, at which call, counted over all files of a run.
struct fault_plan {
  std::size_t at = 0;
  int number = EIO;
  bool for_good = true;
  bool half = false; // of a write that fails some is written
  std::atomic<std::size_t> calls = 0;
  std::atomic<bool> met = false;

  bool now() {
    const auto n = calls++;
    const bool fails = for_good ? n >= at : n == at;
    if (fails)
      met = true;
    return fails;
  }
};

class failing_file final : public memory_file {
public:
  failing_file(std::shared_ptr<memory_disk> disk, std::shared_ptr<fault_plan> plan)
      : memory_file(std::move(disk)), plan_(std::move(plan)) {}

  ssize_t read_at(char* to, std::size_t n, std::uint64_t at) const override {
    return fails() ? -1 : memory_file::read_at(to, n, at);
  }
  ssize_t write_at(const char* from, std::size_t n, std::uint64_t at) override {
    if (!fails())
      return memory_file::write_at(from, n, at);
    if (plan_->half && n > 1)
      return memory_file::write_at(from, n / 2, at);
    return -1;
  }
  int truncate(std::uint64_t size) override { return fails() ? -1 : memory_file::truncate(size); }
  int allocate(std::uint64_t at, std::uint64_t n) override { return fails() ? -1 : memory_file::allocate(at, n); }
  std::int64_t size() const override { return fails() ? -1 : memory_file::size(); }
  int sync() override { return fails() ? -1 : memory_file::sync(); }
  int sync_folder() override { return fails() ? -1 : memory_file::sync_folder(); }

private:
  bool fails() const {
    if (!plan_->now())
      return false;
    errno = plan_->number;
    return true;
  }
  std::shared_ptr<fault_plan> plan_;
};

// The records that were confirmed, and how often each callback came.
struct outcome_of_run {
  std::map<std::uint64_t, int> called;
  std::vector<std::uint64_t> confirmed;
};

void run(const std::shared_ptr<memory_disk>& disk, const std::shared_ptr<fault_plan>& plan, std::uint64_t from,
         std::uint64_t to, outcome_of_run& out) {
  std::string refusal;
  std::unique_ptr<journal> j;
  try {
    j = std::make_unique<store::journal_file>(std::make_unique<failing_file>(disk, plan), "the/journal",
                                              journal_options().sync_records(4).sync_interval(1ms));
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_configuration);
    CHECK(std::string(e.what()).starts_with("the journal \"the/journal\" cannot be "));
    CHECK(std::string(e.what()).ends_with(std::strerror(plan->number)));
    return;
  }
  j->reserve(10'000);
  for (auto i = from; i < to; ++i)
    j->append(record_of(1, i, 50), [&out, i](error_code ec) {
      ++out.called[i];
      if (!ec.failed())
        out.confirmed.push_back(i);
      else
        CHECK(ec == errc::not_saved);
    });
  try {
    j->append(record_of(1, to));
    out.confirmed.push_back(to);
  } catch (const error& e) {
    CHECK(e.code() == errc::not_saved);
    CHECK(std::string(e.what()).ends_with(std::strerror(plan->number)));
    CHECK(j->failure().message() == e.what());
    // It is final.
    CHECK_THROWS_AS(j->append(record_of(1, to)), error);
  }
  j.reset();
  CHECK(out.called.size() == to - from);
  for (const auto& [i, n] : out.called)
    CHECK(n == 1);
  out.called.clear();
}

// Whether the plan's fault was met.
bool play(fault_plan& wanted) {
  const auto disk = std::make_shared<memory_disk>();
  const auto plan = std::make_shared<fault_plan>();
  plan->at = wanted.at;
  plan->number = wanted.number;
  plan->for_good = wanted.for_good;
  plan->half = wanted.half;
  outcome_of_run out;
  run(disk, plan, 0, 10, out);
  if (disk->contents.size() > store::preamble_size)
    disk->contents += "torn";
  run(disk, plan, 20, 30, out);
  // The disk is well again.
  const auto j = journal_on(disk);
  for (const auto i : out.confirmed) {
    const auto state = j->find("id-" + std::to_string(i));
    CHECK_MESSAGE(state, i);
    if (state && i % 10 != 0)
      CHECK(same(j->read(state->position), record_of(1, i, 50)));
  }
  j->append(record_of(1, 1000));
  return plan->met;
}

} // namespace

TEST_CASE("an error of the disk at any call is told once to everybody, and nothing that was confirmed is lost") {
  for (const int number : {EIO, ENOSPC, EROFS, EDQUOT})
    for (const bool for_good : {true, false})
      for (const bool half : {true, false}) {
        if (half && !for_good)
          continue; // the rest is written: no failure
        fault_plan plan;
        plan.number = number;
        plan.for_good = for_good;
        plan.half = half;
        for (plan.at = 0;; ++plan.at) {
          INFO("call " << plan.at << ", " << std::string(std::strerror(number)) << ", for good: " << for_good
                       << ", half: " << half);
          if (!play(plan))
            break;
          REQUIRE(plan.at < 200);
        }
        CHECK(plan.at > 15);
      }
}

TEST_CASE("a signal that interrupts any call changes nothing") {
  fault_plan plan;
  plan.number = EINTR;
  plan.for_good = false;
  for (plan.at = 0;; ++plan.at) {
    const auto shared = std::make_shared<fault_plan>();
    shared->at = plan.at;
    shared->number = EINTR;
    shared->for_good = false;
    const auto disk = std::make_shared<memory_disk>();
    {
      store::journal_file j(std::make_unique<failing_file>(disk, shared), "the/journal", {});
      for (std::uint64_t i = 0; i < 3; ++i)
        j.append(record_of(1, i));
    }
    CHECK(journal_on(disk)->count(1) == 3);
    if (!shared->met)
      break;
    REQUIRE(plan.at < 100);
  }
}

TEST_CASE("writes and reads that do less than they were asked to go on") {
  class short_file final : public memory_file {
  public:
    using memory_file::memory_file;
    ssize_t read_at(char* to, std::size_t n, std::uint64_t at) const override {
      return memory_file::read_at(to, std::min<std::size_t>(n, 7), at);
    }
    ssize_t write_at(const char* from, std::size_t n, std::uint64_t at) override {
      return memory_file::write_at(from, std::min<std::size_t>(n, 5), at);
    }
  };
  const auto disk = std::make_shared<memory_disk>();
  {
    store::journal_file j(std::make_unique<short_file>(disk), "the/journal", {});
    for (std::uint64_t i = 0; i < 20; ++i)
      j.append(record_of(1, i, 300));
  }
  store::journal_file j(std::make_unique<short_file>(disk), "the/journal", {});
  CHECK(j.count(1) == 20);
  CHECK(same(j.read(j.find("id-7")->position), record_of(1, 7, 300)));
}

TEST_CASE("a file that may not grow: the records before are kept, and the journal opens again") {
  const journal_folder folder;
  const auto path = folder / "journal";
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  std::uint64_t confirmed = 0;
  {
    const auto j = open_journal(path);
    rlimit tight = before;
    tight.rlim_cur = 20'000;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    try {
      for (;; ++confirmed)
        j->append(record_of(1, confirmed, 1000));
    } catch (const error& e) {
      CHECK(e.code() == errc::not_saved);
      CHECK(std::string(e.what()).find(path) != std::string::npos);
      CHECK(std::string(e.what()).find("File too large") != std::string::npos);
    }
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(confirmed > 10);
  const auto j = open_journal(path);
  CHECK(j->count(1) == confirmed);
  CHECK(j->cut() > 0);
  j->append(record_of(1, confirmed));
}

TEST_CASE("what fits the room that was reserved is written although the disk has filled up since") {
  const auto disk = std::make_shared<memory_disk>();
  {
    const auto j = journal_on(disk);
    CHECK(j->reserve(100'000));
    disk->room = 0;
    CHECK(j->reserve(90'000)); // of what is there already
    for (std::uint64_t i = 0; i < 20; ++i)
      j->append(record_of(1, i, 4000));
    CHECK_FALSE(j->reserve(std::uint64_t{4} << 20));
    try {
      for (std::uint64_t i = 20; i < 2000; ++i)
        j->append(record_of(1, i, 4000));
      FAIL("a full disk takes everything");
    } catch (const error& e) {
      CHECK(e.code() == errc::not_saved);
    }
    CHECK_FALSE(j->reserve(1)); // nothing is saved any more
  }
  disk->room = std::numeric_limits<std::uint64_t>::max();
  CHECK(journal_on(disk)->count(1) >= 20);
}

TEST_CASE("room is reserved only as far as there is some, and given back when the journal is closed") {
  const auto disk = std::make_shared<memory_disk>();
  disk->room = 200'000;
  {
    const auto j = journal_on(disk);
    CHECK(j->reserve(100'000)); // without the step beyond it
    CHECK_FALSE(j->reserve(300'000));
    j->append(record_of(1, 1));
    CHECK(disk->allocated > 100'000);
  }
  CHECK(disk->allocated == 0);
  CHECK(journal_on(disk)->cut() == 0);
}

TEST_CASE("no room is reserved beyond what the process may write to a file") {
  const journal_folder in;
  const auto j = open_journal(in / "j");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto low = before;
  low.rlim_cur = 1 << 20;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
  const bool small = j->reserve(100'000), large = j->reserve(2 << 20);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(small);
  CHECK_FALSE(large);
}

TEST_CASE("a file that has room reserved is longer by no more than what was written to it, or a little") {
  const journal_folder folder;
  const auto path = folder / "journal";
  {
    const auto j = open_journal(path);
    REQUIRE(j->reserve(3'000'000));
    CHECK(std::filesystem::file_size(path) < 1000);
    j->append(record_of(1, 1));
    CHECK(std::filesystem::file_size(path) < 70'000);
    j->append(record_of(1, 2, 100'000));
    CHECK(std::filesystem::file_size(path) < 210'000);
    CHECK_FALSE(j->reserve(std::uint64_t{1} << 50));
  }
  CHECK(std::filesystem::file_size(path) < 101'000);
}

TEST_CASE("zeros are ahead of the records only where nobody else can take the room") {
  class file_without final : public memory_file {
  public:
    using memory_file::memory_file;
    int allocate(std::uint64_t, std::uint64_t) override { return 1; }
  };
  const auto disk = std::make_shared<memory_disk>();
  store::journal_file j(std::make_unique<file_without>(disk), "the/journal", {});
  CHECK(j.reserve(1'000'000));
  j.append(record_of(1, 1));
  CHECK(disk->contents.size() < 1000);
}

namespace {

// What a process leaves that is killed with five records and zeros ahead of them, and the file's size if it is not.
std::pair<std::string, std::size_t> five_records_killed() {
  const auto disk = std::make_shared<memory_disk>();
  std::string killed;
  {
    const auto j = journal_on(disk);
    REQUIRE(j->reserve(1'000'000));
    for (std::uint64_t i = 0; i < 5; ++i)
      j->append(record_of(1, i));
    killed = disk->contents;
  }
  return {killed, disk->contents.size()};
}

} // namespace

TEST_CASE("zeros that a killed process has left ahead are no torn record") {
  auto [killed, closed_size] = five_records_killed();
  const auto end = closed_size - store::head_size; // without the mark of its closing
  REQUIRE(killed.size() > end + 1000);
  {
    const auto j = journal_on(std::make_shared<memory_disk>(killed));
    CHECK(j->cut() == 0);
    CHECK(j->count(1) == 5);
    j->append(record_of(1, 5));
  }
  killed.replace(end, 4, "torn");
  const auto again = std::make_shared<memory_disk>(killed);
  CHECK(journal_on(again)->cut() == 4);
  CHECK(again->contents.size() < end + 1000);
}

TEST_CASE("damage to records before the zeros is told from a torn end") {
  auto killed = five_records_killed().first;
  killed[store::preamble_size + 2 * store::head_size + 10] ^= 1;
  CHECK(refusal_of([&] { journal_on(std::make_shared<memory_disk>(killed)); }).find("is damaged at byte") !=
        std::string::npos);
}
