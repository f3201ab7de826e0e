// A journal as its callers see it.
#include <weir/store/journal.hpp>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <thread>

#include <sys/stat.h>

#include "store/journal/support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

// A file whose syncs wait until they may go on.
class gated_file final : public memory_file {
public:
  struct gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = true;
    bool waited = false;
    void set(bool to) {
      const std::lock_guard lock(mutex);
      open = to;
      changed.notify_all();
    }
    void until_waited() {
      std::unique_lock lock(mutex);
      REQUIRE(changed.wait_for(lock, 10s, [this] { return waited; }));
    }
  };
  gated_file(std::shared_ptr<memory_disk> disk, std::shared_ptr<gate> g)
      : memory_file(std::move(disk)), gate_(std::move(g)) {}
  int sync() override {
    {
      std::unique_lock lock(gate_->mutex);
      if (!gate_->open) {
        gate_->waited = true;
        gate_->changed.notify_all();
        gate_->changed.wait(lock, [this] { return gate_->open; });
      }
    }
    return memory_file::sync();
  }

private:
  std::shared_ptr<gate> gate_;
};

// Long enough that only a count or somebody who waits ends the wait.
journal_options patient() { return journal_options().sync_interval(30s).sync_records(1000); }

std::vector<std::string> scanned(const journal& j) {
  std::vector<std::string> all;
  j.scan([&](const journal_record& r, std::uint64_t, bool current) {
    all.push_back(r.id + ":" + std::to_string(r.kind) + (current ? "!" : ""));
  });
  return all;
}

} // namespace

TEST_CASE("what was appended is there when the journal is opened again") {
  const journal_folder folder;
  const auto path = folder / "journal";
  {
    const auto j = open_journal(path, journal_options().settings("{\"model\": \"m\"}"));
    CHECK_FALSE(j->resumed());
    CHECK(j->cut() == 0);
    CHECK(j->path() == path);
    j->append(record_of(1, 1));
    j->append(record_of(1, 2, 0));
    j->append(record_of(2, 1, 100'000));
    j->append(record_of(200, 1));
    CHECK(scanned(*j) == std::vector<std::string>{"id-1:1", "id-2:1!", "id-1:2!", "id-1:200"});
  }
  struct stat file{};
  REQUIRE(::stat(path.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  for (int again = 0; again < 3; ++again) {
    const auto j = open_journal(path, journal_options().settings("{\"model\": \"m\"}"));
    CHECK(j->resumed());
    CHECK(j->cut() == 0);
    CHECK(j->settings() == "{\"model\": \"m\"}");
    CHECK(j->count(1) == 1);
    CHECK(j->count(2) == 1);
    CHECK(j->count(200) == 0);
    const auto state = j->find("id-1");
    REQUIRE(state);
    CHECK(state->kind == 2);
    CHECK(state->fingerprint == record_of(2, 1).fingerprint);
    CHECK(same(j->read(state->position), record_of(2, 1, 100'000)));
    CHECK(same(j->read(j->find("id-2")->position), record_of(1, 2, 0)));
    CHECK_FALSE(j->find("id-3"));
    CHECK_FALSE(j->find(""));
    CHECK(scanned(*j) == std::vector<std::string>{"id-1:1", "id-2:1!", "id-1:2!", "id-1:200"});
  }
}

TEST_CASE("a record is found and read before it is written, and while it is being synced") {
  const auto gate = std::make_shared<gated_file::gate>();
  const auto disk = std::make_shared<memory_disk>();
  store::journal_file j(std::make_unique<gated_file>(disk, gate), "the/journal", journal_options().sync_records(1));
  gate->set(false);
  j.append(record_of(1, 1), nullptr);
  gate->until_waited();
  j.append(record_of(1, 2), nullptr);
  j.append(record_of(2, 1), nullptr);
  REQUIRE(j.find("id-2"));
  CHECK(same(j.read(j.find("id-2")->position), record_of(1, 2)));
  CHECK(j.find("id-1")->kind == 2);
  CHECK(same(j.read(j.find("id-1")->position), record_of(2, 1)));
  CHECK(same(j.read(store::preamble_size + store::head_size), record_of(1, 1)));
  CHECK(j.count(1) == 1);
  CHECK(j.count(2) == 1);
  // Only what is synced.
  CHECK(scanned(j).empty());
  gate->set(true);
  j.append(record_of(1, 3));
  CHECK(scanned(j) == std::vector<std::string>{"id-1:1", "id-2:1!", "id-1:2!", "id-3:1!"});
}

TEST_CASE("callbacks come in order, on the journal's thread, after a sync that many records share") {
  const auto disk = std::make_shared<memory_disk>();
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  std::size_t syncs = 0;
  {
    const auto j = journal_on(disk, patient().sync_records(64));
    syncs = disk->syncs();
    for (int i = 0; i < 64; ++i)
      j->append(record_of(1, static_cast<std::uint64_t>(i)), [&, i](error_code ec) {
        CHECK_FALSE(ec.failed());
        order.push_back(i);
        threads.push_back(std::this_thread::get_id());
      });
    j->append(record_of(1, 64));
    CHECK(disk->syncs() - syncs <= 2);
  }
  REQUIRE(order.size() == 64);
  CHECK(std::ranges::is_sorted(order));
  CHECK(std::ranges::count(threads, threads[0]) == 64);
  CHECK(threads[0] != std::this_thread::get_id());
}

TEST_CASE("a record does not wait longer for others than the interval") {
  const auto j = journal_on(std::make_shared<memory_disk>(), journal_options().sync_interval(5ms));
  std::promise<void> synced;
  const auto begin = std::chrono::steady_clock::now();
  j->append(record_of(1, 1), [&](error_code) { synced.set_value(); });
  REQUIRE(synced.get_future().wait_for(10s) == std::future_status::ready);
  CHECK(std::chrono::steady_clock::now() - begin >= 5ms);
}

TEST_CASE("append() that waits is synced at once") {
  const auto j = journal_on(std::make_shared<memory_disk>(), patient());
  const auto begin = std::chrono::steady_clock::now();
  j->append(record_of(1, 1), nullptr);
  j->append(record_of(1, 2));
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("the destructor syncs what waits and calls every callback") {
  const auto disk = std::make_shared<memory_disk>();
  int called = 0;
  {
    const auto j = journal_on(disk, patient());
    for (std::uint64_t i = 0; i < 100; ++i)
      j->append(record_of(1, i), [&](error_code ec) { called += !ec.failed(); });
  }
  CHECK(called == 100);
  CHECK(journal_on(disk)->count(1) == 100);
}

TEST_CASE("append() waits only while more waits than may, and never in a callback") {
  const auto gate = std::make_shared<gated_file::gate>();
  const auto disk = std::make_shared<memory_disk>();
  std::atomic<int> appended = 0, called = 0;
  {
    store::journal_file j(std::make_unique<gated_file>(disk, gate), "the/journal",
                          journal_options().sync_records(1).max_waiting(10'000));
    gate->set(false);
    std::thread caller([&] {
      for (std::uint64_t i = 0; i < 20; ++i) {
        j.append(record_of(1, i, 1000), [&, i](error_code) {
          ++called;
          if (i == 0)
            for (std::uint64_t k = 0; k < 20; ++k)
              j.append(record_of(1, 100 + k, 1000), [&](error_code) { ++called; });
        });
        ++appended;
      }
    });
    gate->until_waited();
    for (int i = 0; i < 1000 && appended < 9; ++i)
      std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);
    CHECK(appended >= 8);
    CHECK(appended <= 10);
    gate->set(true);
    caller.join();
  }
  CHECK(appended == 20);
  CHECK(called == 40);
}

TEST_CASE("a callback that would wait for the journal is told so") {
  const auto j = journal_on(std::make_shared<memory_disk>());
  std::promise<error_code> told;
  j->append(record_of(1, 1), [&](error_code) {
    try {
      j->append(record_of(1, 2));
      told.set_value({});
    } catch (const error& e) {
      told.set_value(e.code());
    }
  });
  CHECK(told.get_future().get() == errc::invalid_argument);
}

TEST_CASE("a journal with other settings is refused, and goes on with them if it is forced to") {
  const journal_folder folder;
  const auto path = folder / "journal";
  open_journal(path, journal_options().settings("model\none"))->append(record_of(1, 1));
  const auto before = contents_of(path);
  const auto why = refusal_of([&] { open_journal(path, journal_options().settings("model two")); });
  CHECK(why.find("other settings") != std::string::npos);
  CHECK(why.find("\"model one\"") != std::string::npos);
  CHECK(why.find("\"model two\"") != std::string::npos);
  CHECK(why.find(path) != std::string::npos);
  CHECK(contents_of(path) == before);
  const auto forced = open_journal(path, journal_options().settings("model two").force(true));
  CHECK(forced->settings() == "model two");
  CHECK(forced->find("id-1"));
}

TEST_CASE("forced settings are kept") {
  const auto disk = std::make_shared<memory_disk>();
  journal_on(disk, journal_options().settings("a"))->append(record_of(1, 1));
  journal_on(disk, journal_options().settings(std::string(200'000, 'b')).force(true));
  CHECK(journal_on(disk, journal_options().settings(std::string(200'000, 'b')))->settings().size() == 200'000);
  CHECK(refusal_of([&] { journal_on(disk, journal_options().settings("a")); }).size() < 2000);
}

TEST_CASE("records and options that cannot be kept are refused") {
  const journal_folder folder;
  const auto path = folder / "journal";
  const auto j = open_journal(path);
  CHECK_THROWS_WITH_AS(j->append(journal_record(1, std::string(65'537, 'i'), "")), doctest::Contains("64 KiB"), error);
  j->append(journal_record(1, std::string(65'536, 'i'), ""));
  CHECK(j->count(1) == 1);
  CHECK_THROWS_AS(j->read(0), error);
  CHECK_THROWS_AS(j->read(41), error);
  CHECK_THROWS_AS(j->read(1'000'000), error);
  CHECK_FALSE(refusal_of([&] { open_journal(""); }).empty());
  CHECK_FALSE(refusal_of([&] { open_journal(path, journal_options().sync_records(0)); }).empty());
  CHECK_FALSE(refusal_of([&] { open_journal(path, journal_options().sync_interval(-1ms)); }).empty());
  CHECK_FALSE(
      refusal_of([&] { open_journal(path, journal_options().settings(std::string((1 << 20) + 1, 's'))); }).empty());
}

TEST_CASE("scan() ends with what its function throws, and that may append") {
  const auto disk = std::make_shared<memory_disk>();
  const auto j = journal_on(disk);
  for (std::uint64_t i = 0; i < 10; ++i)
    j->append(record_of(1, i), nullptr);
  j->append(record_of(1, 10));
  int seen = 0;
  CHECK_THROWS_AS(j->scan([&](const journal_record&, std::uint64_t, bool) {
    if (++seen == 3)
      throw std::runtime_error("enough");
  }),
                  std::runtime_error);
  CHECK(seen == 3);
  seen = 0;
  j->scan([&](const journal_record& r, std::uint64_t position, bool) {
    ++seen;
    CHECK(same(j->read(position), r));
    j->append(record_of(2, r.index));
  });
  CHECK(seen == 11);
  CHECK(j->count(2) == 11);
}

TEST_CASE("many threads append, find and scan at once") {
  const auto disk = std::make_shared<memory_disk>();
  const auto j = journal_on(disk, journal_options().max_waiting(20'000));
  std::atomic<std::uint64_t> synced = 0, wrong = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 1000; ++i) {
        const auto n = t * 1000 + i;
        if (i % 100 == 0)
          j->append(record_of(1, n));
        else
          j->append(record_of(1, n), [&](error_code) { ++synced; });
        const auto state = j->find("id-" + std::to_string(n));
        if (!state || !same(j->read(state->position), record_of(1, n)))
          ++wrong;
      }
    });
  for (int i = 0; i < 10; ++i)
    j->scan([&](const journal_record& r, std::uint64_t, bool current) {
      if (!current || !same(r, record_of(1, r.index)))
        ++wrong;
    });
  for (auto& t : threads)
    t.join();
  j->append(record_of(2, 5000));
  CHECK(synced == 3960);
  CHECK(wrong == 0);
  CHECK(j->count(1) == 4000);
}
