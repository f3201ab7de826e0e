// What is found when a journal is opened: torn ends, damage, other files.
#include <map>

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "store/journal/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

constexpr std::uint64_t records = 12;

// A journal of several syncs, as it is when it was closed or when its process was killed.
std::string a_journal(bool closed) {
  const auto disk = std::make_shared<memory_disk>();
  std::string killed;
  {
    const auto j = journal_on(disk, journal_options().settings("s"));
    for (std::uint64_t i = 0; i < records; ++i)
      j->append(record_of(1, i));
    const std::lock_guard lock(disk->mutex);
    killed = disk->contents;
  }
  return closed ? disk->contents : killed;
}

// How many records a journal of these bytes has; they must be the first ones.
std::uint64_t records_in(const std::string& bytes, std::uint64_t* cut = nullptr) {
  const auto disk = std::make_shared<memory_disk>(bytes);
  const auto j = journal_on(disk, journal_options().settings("s"));
  std::uint64_t n = 0;
  j->scan([&](const journal_record& r, std::uint64_t, bool current) {
    CHECK(current);
    CHECK(same(r, record_of(1, n++)));
  });
  CHECK(j->count(1) == n);
  if (cut)
    *cut = j->cut();
  // It can be gone on with.
  j->append(record_of(2, 100));
  CHECK(j->find("id-100"));
  return n;
}

} // namespace

TEST_CASE("a journal that is cut off anywhere has the records before that") {
  const auto whole = a_journal(false);
  std::uint64_t before = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::uint64_t cut = 0;
    const auto n = records_in(whole.substr(0, size), &cut);
    CHECK((n == before || n == before + 1));
    if (n > before)
      CHECK(cut == 0);
    before = n;
  }
  CHECK(before == records);
}

TEST_CASE("what follows a torn record without having been synced is cut off with it") {
  // One sync for all: the disk may have kept the end of it without the beginning.
  const auto disk = std::make_shared<memory_disk>();
  {
    const auto j = journal_on(disk, journal_options().settings("s").sync_interval(std::chrono::seconds(30)));
    for (std::uint64_t i = 0; i < records; ++i)
      j->append(record_of(1, i), nullptr);
    j->append(record_of(1, records));
    const std::lock_guard lock(disk->mutex);
    disk->contents[disk->contents.size() / 2] ^= 1;
  }
  auto killed = disk->contents.substr(0, disk->contents.size() - store::head_size);
  std::uint64_t cut = 0;
  const auto n = records_in(killed, &cut);
  CHECK(n > 0);
  CHECK(n < records);
  CHECK(cut > 0);
}

TEST_CASE("every flipped byte of a journal that was closed is noticed") {
  const auto whole = a_journal(true);
  const auto mark = whole.size() - store::head_size;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto flipped = whole;
    flipped[at] ^= 0x20;
    const auto disk = std::make_shared<memory_disk>(flipped);
    const auto why = refusal_of([&] { journal_on(disk, journal_options().settings("s")); });
    INFO(at << ": " << why);
    if (at >= mark) {
      // The mark that it was closed; every record is there.
      CHECK(why.empty());
      CHECK(records_in(flipped) == records);
    } else {
      CHECK_FALSE(why.empty());
      CHECK(disk->contents == flipped);
    }
  }
}

TEST_CASE(
    "of a journal whose process was killed every flipped byte is noticed that later records show to have been synced") {
  const auto whole = a_journal(false);
  // Each record had a sync of its own, and the last one is all that may be torn.
  const auto last = whole.size() - store::head_size - record_of(1, records - 1).id.size() - 20;
  for (std::size_t at = 0; at < last; ++at) {
    auto flipped = whole;
    flipped[at] ^= 0x20;
    const auto why =
        refusal_of([&] { journal_on(std::make_shared<memory_disk>(flipped), journal_options().settings("s")); });
    CHECK_MESSAGE(!why.empty(), at);
  }
}

TEST_CASE("damage is told with its place and with what to do") {
  const journal_folder folder;
  const auto path = folder / "journal";
  auto bytes = a_journal(true);
  bytes[bytes.size() / 2] ^= 1;
  put_contents(path, bytes);
  const auto why = refusal_of([&] { open_journal(path, journal_options().settings("s")); });
  CHECK(why.starts_with("the journal \"" + path + "\" is damaged at byte "));
  const auto place = why.find("truncate -s ");
  REQUIRE(place != std::string::npos);
  // What it advises works.
  REQUIRE(::truncate(path.c_str(), std::stoll(why.substr(place + 12))) == 0);
  CHECK(open_journal(path, journal_options().settings("s"))->count(1) == 5);
}

TEST_CASE("a payload that holds a journal is no journal") {
  const auto inner = a_journal(true);
  const auto disk = std::make_shared<memory_disk>();
  std::string killed;
  {
    const auto j = journal_on(disk, journal_options().settings("s"));
    j->append(record_of(1, 0));
    j->append(journal_record(1, "nested", inner));
    const std::lock_guard lock(disk->mutex);
    killed = disk->contents;
  }
  CHECK(records_in(killed.substr(0, killed.size() - 1)) == 1);
}

TEST_CASE("a file that is no journal is refused and left as it is") {
  const journal_folder folder;
  const auto path = folder / "out.jsonl";
  for (const auto& bytes : {std::string("{\"custom_id\": \"a\"}\n"), std::string("x"), std::string(100, '\0'),
                            std::string("weir journal"), std::string("weir journal 1\nsomething else, and more")}) {
    put_contents(path, bytes);
    const auto why = refusal_of([&] { open_journal(path); });
    if (bytes == "weir journal") {
      CHECK(why.empty()); // a beginning that was cut off
      continue;
    }
    CHECK(why.find("is no journal") != std::string::npos);
    CHECK(contents_of(path) == bytes);
  }
}

TEST_CASE("a journal of another version is refused") {
  auto bytes = a_journal(true);
  bytes[13] = '2';
  const auto why = refusal_of([&] { journal_on(std::make_shared<memory_disk>(bytes)); });
  CHECK(why.find("another version of weir") != std::string::npos);
}

TEST_CASE("what is no regular file, or cannot be opened, is refused at once") {
  const journal_folder folder;
  CHECK(refusal_of([&] { open_journal(folder / "none/journal"); }).find("cannot be opened") != std::string::npos);
  CHECK(refusal_of([&] { open_journal(folder / ""); }).find("cannot be opened") != std::string::npos);
  const auto fifo = folder / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(refusal_of([&] { open_journal(fifo); }).find("regular file") != std::string::npos);
  CHECK(refusal_of([&] { open_journal("/dev/null"); }).find("regular file") != std::string::npos);
  if (::geteuid() != 0) {
    const auto path = folder / "read-only";
    put_contents(path, a_journal(true));
    REQUIRE(::chmod(path.c_str(), 0400) == 0);
    CHECK(refusal_of([&] { open_journal(path); }).find("Permission denied") != std::string::npos);
  }
}
