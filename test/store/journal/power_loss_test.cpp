// Power fails: of what was not synced, the disk has kept any part.
#include <map>
#include <random>

#include "store/journal/support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

using random_engine = std::mt19937_64;
constexpr std::size_t sector = 512;

// What was appended, in order, and how many of them had been confirmed by which change of the disk.
struct history {
  std::vector<journal_record> appended;
  std::vector<std::size_t> confirmed_at; // disk_changes that were done by then
};

void write(std::string& image, std::uint64_t at, std::string_view bytes) {
  if (image.size() < at + bytes.size())
    image.resize(at + bytes.size());
  std::ranges::copy(bytes, image.begin() + static_cast<std::ptrdiff_t>(at));
}

// What the disk has when power fails after `done` changes, begun from `image`.
std::string after_power_loss(std::string image, const std::vector<disk_change>& changes, std::size_t done, bool named,
                             random_engine& random) {
  using kind = disk_change::kind;
  std::size_t synced = 0;
  for (std::size_t i = 0; i < done; ++i) {
    if (changes[i].what == kind::sync)
      synced = i;
    named = named || changes[i].what == kind::sync_folder;
  }
  if (!named && random() % 2 == 0)
    return {};
  const unsigned keep = static_cast<unsigned>(random() % 5); // of four
  std::uint64_t largest = 0;
  for (std::size_t i = 0; i < done; ++i) {
    const auto& c = changes[i];
    const auto kept = [&] { return i < synced || random() % 4 < keep; };
    if (c.what == kind::truncate && kept())
      image.resize(c.at);
    if (c.what != kind::write)
      continue;
    largest = std::max<std::uint64_t>(largest, c.at + c.bytes.size());
    for (std::size_t from = 0; from < c.bytes.size();) {
      const auto n = std::min(c.bytes.size() - from, sector - (c.at + from) % sector);
      if (kept())
        write(image, c.at + from, std::string_view(c.bytes).substr(from, n));
      from += n;
    }
  }
  // The last write was cut anywhere, or the length of the file was kept without its contents.
  if (synced < done && changes[done - 1].what == kind::write && random() % 4 == 0) {
    const auto& c = changes[done - 1];
    write(image, c.at, std::string_view(c.bytes).substr(0, random() % (c.bytes.size() + 1)));
  }
  if (image.size() < largest && random() % 4 == 0)
    image.resize(largest);
  return image;
}

std::size_t play(const std::shared_ptr<memory_disk>& disk, history& h, random_engine& random, std::size_t records) {
  // Callbacks come on the journal's thread, also while this one goes on.
  std::mutex mutex;
  std::vector<std::size_t> confirmed;
  const auto confirm = [&] {
    const std::lock_guard lock(mutex);
    confirmed.push_back(disk->done());
  };
  {
    const auto j = journal_on(disk, journal_options()
                                        .settings(std::string(random() % 3 * 700, 's'))
                                        .force(true)
                                        .sync_interval(0ms)
                                        .sync_records(1 + random() % 8));
    if (random() % 2 == 0)
      j->reserve(1 + random() % 50'000);
    for (std::size_t i = 0; i < records; ++i) {
      auto r = record_of(static_cast<std::uint8_t>(1 + random() % 2), random() % 20, random() % 4 * (random() % 700));
      h.appended.push_back(r);
      const auto done = [&confirm](error_code ec) {
        if (!ec.failed())
          confirm();
      };
      if (random() % 8 == 0)
        j->append(r), confirm();
      else
        j->append(r, done);
    }
  }
  h.confirmed_at.insert(h.confirmed_at.end(), confirmed.begin(), confirmed.end());
  return confirmed.size();
}

// Opens an image. \returns how many of the appended records it has, which are the first ones.
std::size_t check_image(const std::string& image, const history& h, std::size_t at_least) {
  const auto disk = std::make_shared<memory_disk>(image);
  std::size_t n = 0;
  try {
    const auto j = journal_on(disk, journal_options().force(true));
    std::map<std::string, std::size_t> last;
    j->scan([&](const journal_record& r, std::uint64_t, bool) {
      if (n >= h.appended.size() || !same(r, h.appended[n]))
        FAIL("a record that was not appended, or out of order");
      last[r.id] = n++;
    });
    for (const auto& [id, i] : last)
      if (const auto state = j->find(id); !state || !same(j->read(state->position), h.appended[i]))
        FAIL("an id without its last state");
  } catch (const error& e) {
    FAIL(std::string(e.what()));
  }
  if (n < at_least)
    FAIL("a confirmed record is lost");
  return n;
}

} // namespace

TEST_CASE("after a power loss at any moment every confirmed record is there, and the journal opens") {
  const auto images = number_from("WEIR_CRASH_IMAGES", 4000);
  constexpr std::size_t images_of_one = 40;
  std::size_t made = 0, cut = 0;
  for (std::uint64_t seed = 1; made < images; ++seed) {
    random_engine random(seed);
    INFO("seed " << seed);
    const auto disk = std::make_shared<memory_disk>();
    history h;
    play(disk, h, random, 5 + random() % 40);
    for (std::size_t i = 0; i < images_of_one; i += 2) {
      const auto done = random() % (disk->changes.size() + 1);
      const auto confirmed =
          static_cast<std::size_t>(std::ranges::count_if(h.confirmed_at, [&](std::size_t at) { return at <= done; }));
      const auto image = after_power_loss({}, disk->changes, done, false, random);
      const auto there = check_image(image, h, confirmed);
      cut += there < h.appended.size();
      // It goes on from there, and power fails again.
      const auto second = std::make_shared<memory_disk>(image);
      history later;
      later.appended.assign(h.appended.begin(), h.appended.begin() + static_cast<std::ptrdiff_t>(there));
      play(second, later, random, 1 + random() % 10);
      const auto again = random() % (second->changes.size() + 1);
      const auto more = static_cast<std::size_t>(
          std::ranges::count_if(later.confirmed_at, [&](std::size_t at) { return at <= again; }));
      // Until its first sync, what a process finds may be lost with the rest: nothing of that has been told to anyone.
      const bool named =
          std::ranges::any_of(disk->changes.begin(), disk->changes.begin() + static_cast<std::ptrdiff_t>(done),
                              [](const auto& c) { return c.what == disk_change::kind::sync_folder; });
      check_image(after_power_loss(image, second->changes, again, named, random), later,
                  more > 0 ? there + more : confirmed);
      made += 2;
    }
  }
  CHECK(cut > made / 10);
  MESSAGE(made << " images, " << cut << " without some record");
}

TEST_CASE("what is found after a kill survives a power loss from then on") {
  const auto images = number_from("WEIR_CRASH_IMAGES", 4000) / 4;
  std::size_t waited = 0; // images of journals whose killed process had not synced all
  for (std::uint64_t seed = 1; seed <= images; ++seed) {
    random_engine random(seed);
    INFO("seed " << seed);
    const auto disk = std::make_shared<memory_disk>();
    history h;
    play(disk, h, random, 5 + random() % 20);
    // The system keeps what the process had written.
    const auto done = random() % (disk->changes.size() + 1);
    const auto kept = std::make_shared<memory_disk>();
    kept->changes.assign(disk->changes.begin(), disk->changes.begin() + static_cast<std::ptrdiff_t>(done));
    for (const auto& c : kept->changes) {
      if (c.what == disk_change::kind::write)
        write(kept->contents, c.at, c.bytes);
      else if (c.what == disk_change::kind::truncate)
        kept->contents.resize(c.at);
    }
    std::size_t opened = 0, there = 0;
    {
      const auto j = journal_on(kept, journal_options().force(true));
      opened = kept->changes.size();
      j->scan([&](const journal_record&, std::uint64_t, bool) { ++there; });
    }
    const auto confirmed =
        static_cast<std::size_t>(std::ranges::count_if(h.confirmed_at, [&](std::size_t at) { return at <= done; }));
    waited += there > confirmed;
    const auto again = opened + random() % (kept->changes.size() - opened + 1);
    CHECK(check_image(after_power_loss({}, kept->changes, again, false, random), h, there) == there);
  }
  CHECK(waited > images / 20);
}
