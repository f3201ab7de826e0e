// The ledger's file: what is written is read back, and what is torn is no entry.
#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include <weir/store/alert_restore.hpp>
#include <weir/store/budget_restore.hpp>
#include <weir/store/ledger_file.hpp>

using namespace weir;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

class folder {
public:
  folder() {
    std::string pattern = (fs::temp_directory_path() / "weir-ledger-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  folder(const folder&) = delete;
  ~folder() {
    std::error_code ec;
    fs::remove_all(path_, ec);
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
  fs::path path_;
};

const auto begin = std::chrono::system_clock::time_point(1'780'000'000s);

ledger_entry an_entry(std::uint64_t n = 1) {
  ledger_entry e;
  e.started = begin + std::chrono::seconds(n);
  e.took = 1500us;
  e.operation = "chat";
  e.provider = "groq";
  e.model = "m";
  e.outcome = outcome::complete;
  e.usage.units.set(usage_unit::input_text, n);
  e.price.cost = e.price.computed = money::from_pico(static_cast<money::pico_count>(n));
  e.price.currency = "USD";
  return e;
}

std::vector<ledger_entry> all_of(const std::string& path, ledger_contents* found = nullptr,
                                 std::chrono::system_clock::time_point since = {}) {
  std::vector<ledger_entry> all;
  const auto contents = read_ledger(path, [&](const ledger_entry& e) { all.push_back(e); }, since);
  if (found)
    *found = contents;
  return all;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

void append(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

} // namespace

TEST_CASE("an entry is read back as it was written") {
  auto e = an_entry(42);
  e.model_answered = "m-2026";
  e.key = "groq-a";
  e.tenant = "acme \"&\" söhne";
  e.tags = {{"team", "search"}, {"line\nbreak", "tab\t\x01 and \x7f"}};
  e.attempt = 3;
  e.hedge = e.continuation = e.maybe_billed = true;
  e.request_id = "req_1";
  e.outcome = outcome::truncated;
  e.error = "truncated";
  e.service_tier = "flex";
  e.speed = "fast";
  e.usage.units.set(usage_unit::cache_write_1h, 0);
  e.usage.units.set(usage_unit::searches, 18446744073709551615u);
  e.usage.estimated = e.usage.inconsistent = true;
  e.price.reported = e.price.cost = money::parse("0.000000000001");
  e.price.computed = money::parse("12.5");
  e.price.source = "prices.json";
  e.price.date = "2026-01-01";
  e.price.incomplete = true;
  e.price.remark = "no price for cache_write_1h";
  e.cache_saved = money::parse("-0.25");
  const auto line = to_line(e);
  CAPTURE(line);
  const auto back = parse_ledger_line(line);
  REQUIRE(back);
  CHECK(to_line(*back) == line);
  CHECK(back->started == e.started);
  CHECK(back->took == e.took);
  CHECK(back->tags == e.tags);
  CHECK(back->tenant == e.tenant);
  CHECK(back->outcome == e.outcome);
  CHECK(back->usage.units == e.usage.units);
  CHECK(back->usage.estimated);
  CHECK(back->price.cost == e.price.cost);
  CHECK(back->price.computed == e.price.computed);
  CHECK(back->price.difference == *e.price.cost - *e.price.computed);
  CHECK(back->cache_saved == e.cache_saved);
  CHECK(line.find('\n') == line.npos);
}

TEST_CASE("what callers name cannot break a line") {
  auto e = an_entry();
  e.model = std::string(1'000'000, 'x');
  e.provider = "\xff\xfe\x80";
  e.tags = {{"a", "1"}, {"a", "2"}, {"\xff", "x"}, {"\xfe", "y"}, {std::string(2000, 'n'), "z"}};
  for (int i = 0; i < 1000; ++i)
    e.tags.emplace_back("t" + std::to_string(i), "v");
  const auto line = to_line(e);
  CHECK(line.size() < 8192);
  const auto back = parse_ledger_line(line);
  REQUIRE(back);
  CHECK(back->tags.front() == std::pair<std::string, std::string>("a", "2"));
  CHECK(back->model.size() == 512);
}

TEST_CASE("no beginning of a line is an entry") {
  const auto line = to_line(an_entry(7));
  for (std::size_t n = 0; n < line.size(); ++n)
    CHECK(!parse_ledger_line(line.substr(0, n)));
  CHECK(!parse_ledger_line(line.substr(1)));
  CHECK(!parse_ledger_line(R"({"t":"2026-01-01T00:00:00.000Z","v":2,"outcome":"complete"})"));
}

TEST_CASE("entries are appended, for the owner only, and torn lines are passed over and told") {
  const folder here;
  const auto path = here / "l.jsonl";
  open_ledger(path)->add(an_entry(1));
  struct stat there{};
  REQUIRE(::stat(path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
  append(path, to_line(an_entry(2)).substr(0, 40)); // killed here
  {
    const auto again = open_ledger(path);
    again->add(an_entry(3));
    CHECK(again->inspect().written == 1);
  }
  ledger_contents found;
  const auto all = all_of(path, &found);
  REQUIRE(all.size() == 2);
  CHECK(all[1].usage.units[usage_unit::input_text] == 3u);
  CHECK(found.damaged == 1);
  CHECK(found.first_damaged == 2);
}

TEST_CASE("entries before `since` are passed over without being read") {
  const folder here;
  const auto path = here / "l.jsonl";
  {
    const auto l = open_ledger(path);
    for (std::uint64_t i = 0; i < 10; ++i)
      l->add(an_entry(i));
  }
  CHECK(all_of(path, nullptr, begin + 7s).size() == 3);
  CHECK(all_of(path, nullptr, begin + 6500ms).size() == 3);
}

TEST_CASE("a full ledger is renamed, the oldest is deleted, and the rest is read in order") {
  const folder here;
  const auto path = here / "l.jsonl";
  const auto line = to_line(an_entry(1)).size() + 1;
  const auto l = open_ledger(path, ledger_options().max_bytes(10 * line).keep(3));
  for (std::uint64_t i = 1; i <= 55; ++i)
    l->add(an_entry(i));
  CHECK(fs::exists(path + ".3"));
  CHECK(!fs::exists(path + ".4"));
  const auto all = all_of(path);
  REQUIRE(all.size() >= 30);
  CHECK(all.size() < 55);
  for (std::size_t i = 1; i < all.size(); ++i)
    CHECK(all[i].started == all[i - 1].started + 1s);
  CHECK(all.back().started == begin + 55s);
}

TEST_CASE("a ledger that is renamed or deleted by others is begun again, and nothing is lost until then") {
  const folder here;
  const auto path = here / "l.jsonl";
  const auto l = open_ledger(path);
  l->add(an_entry(1));
  fs::rename(path, here / "old");
  l->add(an_entry(2));
  std::this_thread::sleep_for(1100ms);
  l->add(an_entry(3));
  CHECK(all_of(here / "old").size() == 2);
  CHECK(all_of(path).size() == 1);
  fs::remove(path);
  std::this_thread::sleep_for(1100ms);
  l->add(an_entry(4));
  CHECK(all_of(path).size() == 1);
}

TEST_CASE("a ledger that cannot be opened says why") {
  const folder here;
  fs::create_directory(here / "d");
  const auto why = [](const std::string& path) {
    try {
      (void)open_ledger(path);
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_configuration);
      return e.failure().message();
    }
    return std::string("opened");
  };
  CHECK(why(here / "d").find("Is a directory") != std::string::npos);
  CHECK(why(here / "none/l").find("No such file") != std::string::npos);
  CHECK(why("") == "ledger.path: must not be empty");
  REQUIRE(::mkfifo((here / "f").c_str(), 0600) == 0);
  const auto fifo = why(here / "f"); // with O_RDWR a FIFO opens; it must not block
  CHECK(!fifo.empty());
  CHECK_THROWS_AS(read_ledger(here / "none", [](const ledger_entry&) {}), error);
  CHECK_THROWS_AS(read_ledger(here / "d", [](const ledger_entry&) {}), error);
}

TEST_CASE("a ledger that is a pipe or a device is not read: it may have no end") {
  const folder here;
  REQUIRE(::mkfifo((here / "f").c_str(), 0600) == 0);
  const auto why = [](const std::string& path) {
    try {
      budgets all(std::vector<budget>(1, budget("b").max_tokens(1)));
      restore(all, path);
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_argument);
      return e.failure().message();
    }
    return std::string("read");
  };
  CHECK(why(here / "f") == "the ledger \"" + (here / "f") + "\" is a pipe, and not a regular file");
  CHECK(why("/dev/zero") == "the ledger \"/dev/zero\" is a device, and not a regular file");
}

TEST_CASE("restored costs count in the currency that they were in") {
  const folder here;
  {
    const auto l = open_ledger(here / "l");
    ledger_entry e;
    e.started = std::chrono::system_clock::now() - 1s;
    e.price.cost = money::parse("3");
    e.price.currency = "EUR";
    l->add(e);
    e.price.currency = "USD";
    l->add(e);
  }
  budgets all(std::vector<budget>(1, budget("b").max_cost(*money::parse("10")).currency("EUR")));
  restore(all, here / "l");
  const auto s = all.state(std::chrono::system_clock::now()).at(0);
  CHECK(s.cost_spent == *money::parse("3"));
  CHECK(s.unpriced == 1);
}

TEST_CASE("on a full disk entries are counted as lost and told once, or calls stop; with room again all is well") {
  // A limit of the file's size does what a full disk does.
  const folder here;
  const auto path = here / "l.jsonl";
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  std::vector<std::string> told;
  const auto l = open_ledger(path, ledger_options().required(true).on_loss(
                                       [&](const std::string& why, std::uint64_t) { told.push_back(why); }));
  l->add(an_entry(1));
  std::string why;
  CHECK(l->ready(why));
  auto small = before;
  small.rlim_cur = fs::file_size(path) + 20;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  l->add(an_entry(2)); // torn
  l->add(an_entry(3));
  CHECK(!l->ready(why));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(why.find("File too large") != std::string::npos);
  CHECK(l->inspect().lost == 2);
  CHECK(told.size() == 1);
  CHECK(l->ready(why));
  CHECK(told.size() == 2);
  l->add(an_entry(4));
  ledger_contents found;
  CHECK(all_of(path, &found).size() == 2);
  CHECK(found.damaged == 1);
}

TEST_CASE("processes that are killed while they write to one ledger lose nothing that was written, and tear one line") {
  const folder here;
  const auto path = here / "l.jsonl";
  constexpr int writers = 4;
  for (int round = 0; round < 25; ++round) {
    const auto options = ledger_options().gather(round % 2 == 0 ? 0ms : 5ms);
    std::vector<pid_t> children;
    for (int w = 0; w < writers; ++w) {
      const auto child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        const auto l = open_ledger(path, options);
        for (std::uint64_t i = 1;; ++i) {
          auto e = an_entry(i);
          e.model = std::to_string(round) + '.' + std::to_string(w);
          l->add(e);
        }
      }
      children.push_back(child);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2 + round));
    for (const auto child : children) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }
  ledger_contents found;
  const auto all = all_of(path, &found);
  CHECK(all.size() > writers);
  // Of each writer only the entry that it was killed in may be missing, or torn.
  CHECK(found.damaged <= 25 * writers);
  std::map<std::string, std::uint64_t> last;
  for (const auto& e : all)
    CHECK(e.usage.units[usage_unit::input_text] == ++last[e.model]);
}

TEST_CASE("an entry that follows a torn one in the same line is read") {
  const folder here;
  const auto path = here / "l.jsonl";
  append(path, to_line(an_entry(1)).substr(0, 100) + to_line(an_entry(2)) + '\n');
  ledger_contents found;
  const auto all = all_of(path, &found);
  REQUIRE(all.size() == 1);
  CHECK(all[0].usage.units[usage_unit::input_text] == 2u);
  CHECK(found.damaged == 1);
}

TEST_CASE("threads enter whole lines") {
  const folder here;
  const auto path = here / "l.jsonl";
  {
    const auto l = open_ledger(path);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (std::uint64_t i = 1; i <= 500; ++i)
          l->add(an_entry(i));
      });
    for (auto& t : threads)
      t.join();
  }
  ledger_contents found;
  CHECK(all_of(path, &found).size() == 2000);
  CHECK(found.damaged == 0);
}

TEST_CASE(
    "an entry after a quiet time is written at once, those that follow soon after, and without gathering all at once") {
  const folder here;
  const auto path = here / "l.jsonl";
  const auto l = open_ledger(path, ledger_options().gather(200ms));
  l->add(an_entry(1));
  CHECK(text_of(path).find(to_line(an_entry(1))) != std::string::npos);
  l->add(an_entry(2));
  l->add(an_entry(3));
  CHECK(l->inspect().written == 1);
  const auto begun = std::chrono::steady_clock::now();
  while (l->inspect().written != 3 && std::chrono::steady_clock::now() - begun < 20s)
    std::this_thread::sleep_for(1ms);
  CHECK(l->inspect().written == 3);
  CHECK(std::chrono::steady_clock::now() - begun < 2s);
  l->gather(0ms);
  for (std::uint64_t i = 4; i <= 10; ++i) {
    l->add(an_entry(i));
    CHECK(l->inspect().written == i);
  }
  CHECK_THROWS_AS(l->gather(-1ms), error);
  CHECK_THROWS_AS(open_ledger(path, ledger_options().gather(1h)), error);
}

TEST_CASE(
    "what is gathered is written by flush(), before a ledger is read, when it is destroyed, and when it is much") {
  const folder here;
  const auto path = here / "l.jsonl";
  const auto held_back = ledger_options().gather(1s);
  auto l = open_ledger(path, held_back);
  for (std::uint64_t i = 1; i <= 5; ++i)
    l->add(an_entry(i));
  CHECK(l->inspect().written == 1);
  l->flush();
  CHECK(l->inspect().written == 5);
  l->add(an_entry(6));
  CHECK(all_of(path).size() == 6);
  l->add(an_entry(7));
  l.reset();
  CHECK(all_of(path).size() == 7);
  l = open_ledger(path, held_back);
  for (std::uint64_t i = 8; i <= 1000; ++i)
    l->add(an_entry(i));
  CHECK(l->inspect().written > 800);
  l->add(an_entry(1001));
  const auto all = all_of(path);
  REQUIRE(all.size() == 1001);
  for (std::size_t i = 0; i < all.size(); ++i)
    CHECK(all[i].usage.units[usage_unit::input_text] == i + 1);
}

TEST_CASE("a process that ends by exit() has written its ledger, and one that forks goes on in both, each entry once") {
  const folder here;
  const auto path = here / "l.jsonl";
  const auto held_back = ledger_options().gather(1s);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Never destroyed, as what main() holds when something below it calls exit().
    auto* const kept = new std::shared_ptr<ledger_file>(open_ledger(path, held_back));
    auto& l = *kept;
    for (std::uint64_t i = 1; i <= 5; ++i)
      l->add(an_entry(i));
    const auto grandchild = ::fork();
    for (std::uint64_t i = 10; i <= 15; ++i)
      l->add(an_entry(i));
    if (grandchild != 0)
      ::waitpid(grandchild, nullptr, 0);
    else
      l.reset(); // without the thread, which is not here
    std::exit(0);
  }
  int how = 0;
  ::waitpid(child, &how, 0);
  CHECK(how == 0);
  std::map<std::uint64_t, int> times;
  for (const auto& e : all_of(path))
    ++times[e.usage.units[usage_unit::input_text].value_or(0)];
  for (std::uint64_t i = 1; i <= 5; ++i)
    CHECK(times[i] == 1);
  for (std::uint64_t i = 10; i <= 15; ++i)
    CHECK(times[i] == 2);
}

TEST_CASE("of lines that a full disk cuts, the whole ones are written and the others lost, and told") {
  const folder here;
  const auto path = here / "l.jsonl";
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  std::vector<std::uint64_t> told;
  const auto l = open_ledger(
      path, ledger_options().gather(1s).on_loss([&](const std::string&, std::uint64_t lost) { told.push_back(lost); }));
  for (std::uint64_t i = 1; i <= 6; ++i)
    l->add(an_entry(i));
  auto small = before;
  small.rlim_cur = fs::file_size(path) + 3 * (to_line(an_entry(1)).size() + 1) + 20;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  l->flush();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(l->inspect().written == 4);
  CHECK(l->inspect().lost == 2);
  CHECK(told == std::vector<std::uint64_t>{2});
  CHECK(l->inspect().failure.find("cannot be written") != std::string::npos);
  l->add(an_entry(7));
  l->flush();
  CHECK(l->inspect().failure.empty());
  CHECK(told == std::vector<std::uint64_t>{2, 2});
  ledger_contents found;
  CHECK(all_of(path, &found).size() == 5);
  CHECK(found.damaged == 1);
}

TEST_CASE("threads that enter while others flush and read lose nothing and repeat nothing") {
  const folder here;
  const auto path = here / "l.jsonl";
  {
    const auto l = open_ledger(path, ledger_options().gather(1ms));
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < 2000; ++i) {
          l->add(an_entry(t * 2000 + i + 1));
          if (i % 500 == 0)
            l->flush();
          if (i % 100 == 0)
            std::this_thread::sleep_for(2ms);
        }
      });
    for (auto& t : threads)
      t.join();
  }
  std::map<std::uint64_t, int> times;
  for (const auto& e : all_of(path))
    ++times[e.usage.units[usage_unit::input_text].value_or(0)];
  CHECK(times.size() == 8000);
  for (const auto& [_, n] : times)
    CHECK(n == 1);
}

TEST_CASE("what may have been billed holds its reservation after a restart, under the names that budgets know") {
  const folder here;
  const auto path = here / "l.jsonl";
  auto e = an_entry(1);
  e.maybe_billed = true;
  e.outcome = outcome::cancelled;
  e.held_tokens = 900;
  e.held_cost = money::parse("2");
  e.provider = "custom";
  e.target_provider = "auto";
  e.target_model = "asked";
  open_ledger(path)->add(e);
  budgets all({budget("auto").max_tokens(1000).per_day().rolling().provider("auto").model("asked"),
               budget("custom").max_tokens(1000).per_day().rolling().provider("custom")});
  restore(all, path, begin + 1h);
  const auto states = all.state(begin + 1h);
  REQUIRE(states.size() == 2);
  CHECK(states[0].tokens_spent == 900);
  CHECK(states[0].cost_spent == *money::parse("2"));
  CHECK(states[1].tokens_spent == 0);
}

TEST_CASE("a ledger that is required is tried before the first call") {
  const auto l = open_ledger("/dev/full", ledger_options().required(true));
  std::string why;
  CHECK(!l->ready(why));
  CHECK(why.find("No space left") != std::string::npos);
}

TEST_CASE("budgets count what the ledger says was spent") {
  const folder here;
  const auto path = here / "l.jsonl";
  const auto now = begin + 1h;
  {
    const auto l = open_ledger(path);
    for (std::uint64_t i = 1; i <= 10; ++i) {
      auto e = an_entry(i);
      e.price.cost = money::parse("0.5");
      e.tags = {{"team", i % 2 ? "search" : "ads"}};
      l->add(e);
    }
  }
  budgets all({budget("all").max_cost(*money::parse("5.4")).per_day().rolling(),
               budget("search").max_tokens(100).per_day().rolling().tag("team", "search")});
  CHECK(restore(all, path, now).entries == 10);
  const auto states = all.state(now);
  REQUIRE(states.size() == 2);
  CHECK(states[0].cost_spent == *money::parse("5"));
  CHECK(states[1].tokens_spent == 1 + 3 + 5 + 7 + 9);
  CHECK(!all.reserve(spend_subject(), money::parse("0.5"), 1, now));
  CHECK(all.reserve(spend_subject(), money::parse("0.4"), 1, now));
}

namespace {

// What a shell script is told: each of its calls is a process of its own, which has the ledger alone.
std::vector<std::string> told_in_a_loop(const std::string& path, int calls, std::chrono::seconds apart,
                                        const char* cost_of_one) {
  std::vector<std::string> told;
  for (int i = 0; i < calls; ++i) {
    const auto now = begin + apart * i;
    budgets all({budget("day").max_cost(*money::parse("10")).per_day()});
    alerts watching(alert_rules().to([&](const alert& a) { told.push_back(a.text()); }));
    const auto file = open_ledger(path);
    restore(all, watching, path, now);
    watching.watch(all);
    auto e = an_entry(static_cast<std::uint64_t>(i));
    e.started = now;
    e.took = {};
    if (*cost_of_one == 0)
      e.price.cost.reset();
    else
      e.price.cost = money::parse(cost_of_one);
    all.reserve(subject_of(e), e.price.cost, 1, now).settle(e.price.cost, 1, now);
    file->add(e);
    watching.note(subject_of(e), e.price.cost, 1, now);
  }
  return told;
}

std::size_t count(const std::vector<std::string>& all, std::string_view begin) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [begin](const std::string& one) { return one.starts_with(begin); }));
}

} // namespace

TEST_CASE("processes that have a ledger in common are told what one process would be, and once") {
  const folder here;
  // 10 in three hours: the rates are known after one.
  const auto told = told_in_a_loop(here / "steady.jsonl", 120, 60s, "0.055");
  CAPTURE(told);
  CHECK(count(told, "budget 'day' will be exceeded") == 1);
  CHECK(count(told, "spending spike") == 0);

  const auto dear = told_in_a_loop(here / "dear.jsonl", 45, 15s, "0.2");
  CAPTURE(dear);
  CHECK(count(dear, "spending spike") == 1);
  CHECK(count(dear, "budget 'day': 8") == 1);

  const auto free = told_in_a_loop(here / "free.jsonl", 90, 60s, "");
  CAPTURE(free);
  CHECK(count(free, "1 call without a price") == 1);
  CHECK(count(free, "60 calls without a price") == 1);
}

TEST_CASE("what a ledger says of later than now, or of long ago, is not taken for usual") {
  const folder here;
  const auto path = here / "l.jsonl";
  {
    const auto l = open_ledger(path);
    for (const auto when : {begin - 120h, begin + 24h})
      for (std::uint64_t i = 0; i < 50; ++i) {
        auto e = an_entry(i);
        e.started = when + 1s * i;
        e.price.cost = money::parse("1");
        l->add(e);
      }
  }
  std::vector<alert> told;
  alerts watching(alert_rules().to([&](const alert& a) { told.push_back(a); }));
  CHECK(restore(watching, path, begin).entries == 50);
  for (int i = 0; i < 10; ++i)
    watching.note(subject_of(an_entry(1)), money::parse("0.5"), 1, begin + 30s * i);
  REQUIRE(told.size() == 1);
  CHECK(told[0].what == alert::kind::spike);
}
