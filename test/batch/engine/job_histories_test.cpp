// Random histories of jobs on simulated time, run after run on one journal, against a model of what must come of them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <set>

#include <weir/core/scope.hpp>

#include "batch/engine/job_support.hpp"
#include "batch/output/record.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace batch_test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int usual = 500;
#else
constexpr int usual = 1'000;
#endif

// WEIR_LONG=1 plays 10,000, another number as many.
int how_many() {
  const char* given = std::getenv("WEIR_LONG");
  const int n = given ? std::atoi(given) : usual;
  return n == 1 ? 10'000 : n;
}

using dice = std::mt19937_64;

bool chance(dice& d, unsigned percent) { return d() % 100 < percent; }

// The input: items of which some ask the same as others, some cannot be asked, and some fail so often.
class world {
public:
  explicit world(dice& d) : n(static_cast<int>(d() % 25)), kinds(1 + static_cast<int>(d() % 25)) {
    for (int i = 0; i < n; ++i) {
      broken.push_back(chance(d, 5));
      failures.push_back(chance(d, 15) ? static_cast<unsigned>(1 + d() % 3) : 0);
    }
  }
  std::string question(int i) const { return "Question " + std::to_string(i % kinds); }
  std::vector<batch_item> items() const {
    std::vector<batch_item> all;
    for (int i = 0; i < n; ++i)
      all.push_back(broken[static_cast<std::size_t>(i)]
                        ? batch_item::rejected("row-" + std::to_string(i), failure(errc::invalid_argument, "broken"))
                        : row(i, question(i)));
    return all;
  }

  int n, kinds;
  std::vector<bool> broken;
  std::vector<unsigned> failures;
};

class slow_source final : public batch_source {
public:
  slow_source(std::vector<batch_item> items, dice& d) : items_(std::move(items)), dice_(d) {}
  asio::awaitable<std::optional<batch_item>> next() override {
    if (chance(dice_, 20))
      co_await sleep_for(std::chrono::milliseconds(dice_() % 300));
    if (at_ == items_.size())
      co_return std::nullopt;
    co_return items_[at_++];
  }

private:
  std::vector<batch_item> items_;
  std::size_t at_ = 0;
  dice& dice_;
};

class slow_sink final : public batch_sink {
public:
  slow_sink(std::vector<batch_result>& to, dice& d, bool fails) : to_(to), dice_(d), fails_(fails) {}
  asio::awaitable<void> write(batch_result r) override {
    if (chance(dice_, 20))
      co_await sleep_for(std::chrono::milliseconds(dice_() % 300));
    if (fails_ && chance(dice_, 10))
      throw error(errc::not_saved, "full");
    to_.push_back(std::move(r));
  }

private:
  std::vector<batch_result>& to_;
  dice& dice_;
  bool fails_;
};

// What the calls have seen, over all runs.
class calls {
public:
  asio::awaitable<batch_result> ask(const batch_item& item, const world& w, dice& d) {
    const auto i = static_cast<std::size_t>(std::stoi(item.id().substr(4)));
    if (room != 0 && running >= room)
      co_return over_budget(d);
    most = std::max(most, ++running);
    ++asked[item.id()];
    const auto leave = std::unique_ptr<calls, void (*)(calls*)>(this, [](calls* c) { --c->running; });
    auto waiting = sleep_for(std::chrono::milliseconds(1 + d() % 2000));
    co_await std::move(waiting);
    if (failed[i] < w.failures[i]) {
      ++failed[i];
      auto r = failed_with(chance(d, 50) ? errc::overloaded : errc::bad_request);
      if (chance(d, 30))
        r.failure.retry_after(std::chrono::seconds(d() % 20));
      co_return r;
    }
    auto r = answer_to(item);
    r.body = w.question(static_cast<int>(i));
    co_return r;
  }

  std::size_t running = 0, most = 0, room = 0;
  std::map<std::string, unsigned> asked;
  std::vector<unsigned> failed;

private:
  static batch_result over_budget(dice& d) {
    batch_result r;
    r.failure = failure(errc::over_budget, "no room");
    if (chance(d, 30))
      r.failure.retry_after(std::chrono::seconds(1 + d() % 100));
    return r;
  }
};

enum class ending { none, drain, stop, cancel, destroy_job, destroy_context, journal_fails, sink_fails, count };

class history {
public:
  explicit history(unsigned seed) : d_(seed), world_(d_) {
    calls_.failed.resize(static_cast<std::size_t>(world_.n));
    dedupe_ = chance(d_, 40);
  }

  void play() {
    const bool journalled = dedupe_ || chance(d_, 70);
    const int runs = journalled ? static_cast<int>(d_() % 4) : 0;
    for (int i = 0; i < runs; ++i)
      run(static_cast<ending>(d_() % static_cast<unsigned>(ending::count)), true);
    run(ending::none, journalled);
    // A run that nothing interferes with ends, and each id has one result.
    REQUIRE(ended_);
    REQUIRE_FALSE(why_);
    CHECK(report_.complete());
    CHECK(report_.in_flight == 0);
    CHECK(report_.again == 0);
    CHECK(report_.done == static_cast<std::uint64_t>(world_.n));
    CHECK(results_.size() == static_cast<std::size_t>(world_.n));
    for (const auto& r : results_)
      judge(r);
    if (ordered_)
      CHECK(std::is_sorted(results_.begin(), results_.end(), [](auto& a, auto& b) { return a.index < b.index; }));
  }

private:
  batch_options options(const std::shared_ptr<weir::journal>& j) {
    ordered_ = chance(d_, 50);
    most_ = 1 + d_() % 8;
    return batch_options()
        .in_flight(most_)
        .ordered(ordered_)
        .dedupe(dedupe_)
        .journal(j)
        .rounds(static_cast<unsigned>(d_() % 3))
        .max_again(chance(d_, 20) ? d_() % 3 : 1000)
        .max_failures_in_a_row(0);
  }

  void run(ending how, bool journalled) {
    const auto scopes = scope::live();
    results_.clear();
    why_ = nullptr;
    ended_ = false;
    calls_.room = chance(d_, 30) ? 1 + d_() % 4 : 0;
    calls_.most = 0;
    slow_source from(world_.items(), d_);
    slow_sink to(results_, d_, how == ending::sink_fails);
    {
      std::optional<batch> job;
      asio::io_context io;
      testing::manual_time::install(io);
      const auto kept = journalled ? std::make_shared<paced_journal>(io, disk_) : nullptr;
      if (how == ending::journal_fails)
        (chance(d_, 50) ? kept->fails_after : kept->throws_at) = d_() % 20;
      job.emplace([this](const batch_item& i) { return calls_.ask(i, world_, d_); }, options(kept));
      auto begun = job->run(from, to);
      if (how == ending::cancel)
        begun = within(std::chrono::milliseconds(d_() % 10'000), std::move(begun));
      asio::co_spawn(io, std::move(begun), [this](std::exception_ptr e, batch_report r) {
        why_ = e;
        report_ = std::move(r);
        ended_ = true;
      });
      testing::run(io, std::chrono::milliseconds(d_() % 10'000));
      CHECK(job->progress().in_flight <= (journalled ? 2 : 1) * most_);
      if (how == ending::drain)
        job->drain();
      else if (how == ending::stop)
        job->stop();
      else if (how == ending::destroy_job)
        job.reset();
      if (how != ending::destroy_context) {
        testing::run(io, 24h);
        REQUIRE(ended_);
      }
    }
    CHECK(calls_.most <= most_);
    CHECK(calls_.running == 0);
    CHECK(scope::live() == scopes);
    std::set<std::string> ids;
    for (const auto& r : results_) {
      CHECK(ids.insert(r.id).second);
      if (journalled)
        CHECK(disk_->states.contains(r.id)); // before the sink has it
    }
    // What was answered in the journal stays so.
    for (const auto& id : answered_)
      CHECK(disk_->states.at(id).kind == record_kind(outcome::complete));
    for (const auto& [id, e] : disk_->states)
      if (e.kind == record_kind(outcome::complete))
        answered_.insert(id);
  }

  void judge(const batch_result& r) {
    const auto i = std::stoi(r.id.substr(4));
    CAPTURE(r.id);
    CHECK(r.index == static_cast<std::uint64_t>(i));
    if (world_.broken[static_cast<std::size_t>(i)]) {
      CHECK(r.failure.message() == "broken");
      return;
    }
    if (r.succeeded())
      CHECK(r.body == world_.question(i));
    else
      CHECK((r.failure.code() == errc::overloaded || r.failure.code() == errc::bad_request));
  }

  dice d_;
  world world_;
  calls calls_;
  bool dedupe_ = false, ordered_ = false, ended_ = false;
  std::size_t most_ = 0;
  std::shared_ptr<paced_journal::disk> disk_ = std::make_shared<paced_journal::disk>();
  std::vector<batch_result> results_;
  std::set<std::string> answered_;
  batch_report report_;
  std::exception_ptr why_;
};

} // namespace

TEST_CASE("whatever ends the runs before, a job's last run has each item once, and no answer is asked for twice") {
  const char* one = std::getenv("WEIR_HISTORY"); // plays this seed alone
  const int all = how_many();
  const int first = one ? std::atoi(one) : 0;
  for (int seed = first; seed < (one ? first + 1 : all); ++seed) {
    CAPTURE(seed);
    history h(static_cast<unsigned>(seed));
    h.play();
  }
}
