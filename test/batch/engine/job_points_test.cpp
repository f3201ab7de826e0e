// Every way to end a job, at every point of it: before each handler that runs.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <set>

#include <weir/client/client.hpp>
#include <weir/core/generator.hpp>
#include <weir/core/scope.hpp>

#include "batch/engine/job_support.hpp"
#include "batch/output/record.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace batch_test;

namespace {

enum class ending { drain, stop, signal, destroy_job, destroy_context, drop_run };
constexpr ending endings[] = {ending::drain,           ending::stop,    ending::signal, ending::destroy_job,
                              ending::destroy_context, ending::drop_run};

class patient_source final : public batch_source {
public:
  asio::awaitable<std::optional<batch_item>> next() override {
    if (at_ == 3)
      co_await sleep_for(20ms);
    switch (at_++) {
    case 0: co_return row(0, "A");
    case 1: co_return row(1, "B");
    case 2: co_return row(2, "A");
    case 3: co_return batch_item::rejected("row-3", failure(errc::invalid_argument, "no JSON"));
    case 4: co_return row(4, "C");
    case 5: co_return row(5, "B");
    default: co_return std::nullopt;
    }
  }

private:
  int at_ = 0;
};

constexpr std::size_t all_rows = 6;

class patient_sink final : public batch_sink {
public:
  asio::awaitable<void> write(batch_result r) override {
    co_await sleep_for(1ms);
    CHECK(ids.insert(r.id).second);
  }
  std::set<std::string> ids;
};

// Steps through a job's handlers one at a time.
class stepped {
public:
  stepped() { testing::manual_time::install(io); }
  /// False if nothing is left.
  bool step() {
    if (io.stopped())
      io.restart();
    if (io.poll_one() != 0)
      return true;
    auto& time = testing::manual_time::of(io);
    if (time.next() == never)
      return false;
    time.advance_to(time.next());
    return true;
  }
  asio::io_context io;
};

// A generator around the job, which is destroyed while it waits: its coroutine is not resumed then.
generator<int> around(batch& job, batch_source& from, batch_sink& to) {
  auto running = job.run(from, to);
  co_await std::move(running);
  co_yield 1;
}

asio::awaitable<void> read_one(std::shared_ptr<generator<int>> of) {
  auto next = of->next();
  co_await std::move(next);
}

class point {
public:
  point(ending how, batch_options o, bool journalled) : how_(how), options_(std::move(o)), journalled_(journalled) {}

  /// Plays a job until `n` handlers have run, and ends it there. False if it had ended by itself.
  bool play(int n) {
    const auto scopes = scope::live();
    const bool went_on = begin_and_end(n);
    CHECK(by_.running == 0);
    CHECK(scope::live() == scopes);
    for (const auto& id : to_.ids)
      if (journalled_)
        CHECK(disk_->states.contains(id));
    if (journalled_)
      finish();
    return went_on;
  }

private:
  batch::ask ask() {
    return [this](const batch_item& i) { return by_(i, 5ms, i.id() == "row-1" ? 1 : 0, errc::overloaded); };
  }
  batch_options with_journal(asio::io_context& io) {
    return batch_options(options_).journal(journalled_ ? std::make_shared<paced_journal>(io, disk_) : nullptr);
  }

  bool begin_and_end(int n) {
    std::optional<batch> job;
    patient_source from;
    stepped on;
    bool ended = false;
    job.emplace(ask(), with_journal(on.io));
    asio::cancellation_signal signal;
    std::shared_ptr<generator<int>> reading;
    const auto done = [&ended](std::exception_ptr) { ended = true; };
    if (how_ == ending::drop_run) {
      reading = std::make_shared<generator<int>>(around(*job, from, to_));
      asio::co_spawn(on.io, read_one(reading), asio::bind_cancellation_slot(signal.slot(), done));
    } else {
      auto begun = job->run(from, to_);
      const auto reported = [done](std::exception_ptr e, const batch_report&) { done(e); };
      asio::co_spawn(on.io, std::move(begun), asio::bind_cancellation_slot(signal.slot(), reported));
    }
    for (int i = 0; i < n && !ended; ++i)
      if (!on.step())
        break;
    if (ended) {
      CHECK(to_.ids.size() == all_rows);
      return false;
    }
    switch (how_) {
    case ending::drain: job->drain(); break;
    case ending::stop: job->stop(); break;
    case ending::signal: signal.emit(asio::cancellation_type::terminal); break;
    case ending::destroy_job: job.reset(); break;
    case ending::destroy_context: return true;
    case ending::drop_run:
      signal.emit(asio::cancellation_type::terminal);
      reading.reset();
      break;
    }
    testing::run(on.io, 24h);
    CHECK(ended);
    return true;
  }

  // The next run has the rest.
  void finish() {
    run_of again;
    batch job(ask(), with_journal(again.io));
    patient_source from;
    to_ = patient_sink();
    CHECK_FALSE(again(job, from, to_));
    CHECK(again.ended);
    CHECK(again.report.complete());
    CHECK(to_.ids.size() == all_rows);
  }

  ending how_;
  batch_options options_;
  bool journalled_;
  answering by_;
  std::shared_ptr<paced_journal::disk> disk_ = std::make_shared<paced_journal::disk>();
  patient_sink to_;
};

} // namespace

TEST_CASE("a job is ended at every point of it, leaves nothing behind, and its next run has the rest") {
  int points = 0;
  for (const auto how : endings)
    for (const bool journalled : {false, true})
      for (const bool ordered : {false, true})
        for (const std::size_t in_flight : {1, 3}) {
          CAPTURE(static_cast<int>(how));
          CAPTURE(journalled);
          CAPTURE(ordered);
          CAPTURE(in_flight);
          const auto o = batch_options().in_flight(in_flight).ordered(ordered).dedupe(journalled);
          for (int n = 0;; ++n, ++points) {
            CAPTURE(n);
            REQUIRE(n < 5000);
            if (!point(how, o, journalled).play(n))
              break;
          }
        }
  MESSAGE(points << " points");
}

TEST_CASE("a job through a client is ended at every point of it and leaves no scope and no call behind") {
  for (const auto how : {ending::stop, ending::signal, ending::destroy_context, ending::destroy_job}) {
    CAPTURE(static_cast<int>(how));
    for (int n = 0;; n += 3) {
      CAPTURE(n);
      REQUIRE(n < 20'000);
      const auto scopes = scope::live();
      bool ended = false, by_itself = false;
      {
        testing::fake_provider fake;
        fake.otherwise(testing::answer("Hello"));
        stepped on;
        client c(fake.options());
        auto job = std::make_unique<batch>(c, batch_options().in_flight(2));
        collected to;
        const auto from = items_of(rows(3));
        asio::cancellation_signal signal;
        const auto done = [&](std::exception_ptr, const batch_report&) { ended = true; };
        asio::co_spawn(on.io, job->run(*from, to), asio::bind_cancellation_slot(signal.slot(), done));
        for (int i = 0; i < n && !ended; ++i)
          if (!on.step())
            break;
        by_itself = ended;
        if (how == ending::stop)
          job->stop();
        else if (how == ending::signal)
          signal.emit(asio::cancellation_type::terminal);
        else if (how == ending::destroy_job)
          job.reset();
        if (how != ending::destroy_context) {
          testing::run(on.io, 1h);
          CHECK(ended);
        }
      }
      CHECK(scope::live() == scopes);
      if (by_itself)
        break;
    }
  }
}
