// Jobs that others end: their own source, function and sink, and the client or group that they ask through.
#include <doctest/doctest.h>

#include <weir/client/client.hpp>
#include <weir/client/client_group.hpp>

#include "batch/engine/job_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace batch_test;

TEST_CASE("an item that is ended by nobody of the job's leaves the job unfinished, which it says") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, 1s, i.id() == "row-3" ? 9 : 0, errc::cancelled); },
            batch_options().in_flight(1));
  collected to;
  const auto from = items_of(rows(9));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(run.ended);
  CHECK(to.results.size() == 3);
  CHECK_FALSE(run.report.complete());
}

TEST_CASE("what a function throws that is no exception is the item's failure too") {
  batch job([](const batch_item& i) -> asio::awaitable<batch_result> {
    if (i.id() == "row-1")
      throw 42;
    co_return answer_to(i);
  });
  collected to;
  const auto from = items_of(rows(3));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(to.results.size() == 3);
  CHECK_FALSE(to.results.at("row-1").succeeded());
}

TEST_CASE("a job may be ended and destroyed by its own source, function and sink") {
  for (const int who : {0, 1, 2})
    for (const int how : {0, 1, 2}) {
      CAPTURE(who);
      CAPTURE(how);
      std::unique_ptr<batch> job;
      const auto end = [&job, how] {
        if (job && how == 0)
          job->stop();
        else if (job && how == 1)
          job->drain();
        else
          job.reset();
      };
      class ending_source final : public batch_source {
      public:
        explicit ending_source(std::function<void()> f) : end(std::move(f)) {}
        asio::awaitable<std::optional<batch_item>> next() override {
          if (n == 5)
            end();
          co_return row(n++, "Hi");
        }
        std::function<void()> end;
        int n = 0;
      };
      class ending_sink final : public batch_sink {
      public:
        explicit ending_sink(std::function<void()> f) : end(std::move(f)) {}
        asio::awaitable<void> write(batch_result) override {
          if (++n == 3)
            end();
          co_return;
        }
        std::function<void()> end;
        int n = 0;
      };
      const auto nothing = [] {};
      answering by;
      job = std::make_unique<batch>(
          [&](const batch_item& i) {
            if (who == 1 && by.calls == 4)
              end();
            return by(i, 1s, 0, errc::overloaded);
          },
          batch_options().in_flight(3));
      ending_source from(who == 0 ? std::function<void()>(end) : nothing);
      ending_sink to(who == 2 ? std::function<void()>(end) : nothing);
      run_of run;
      run(*job, from, to, 1min);
      CHECK(run.ended);
      CHECK(by.running == 0);
      CHECK(by.calls < 10);
    }
}

TEST_CASE("a client that is closed while a job runs ends the job, which says why") {
  testing::fake_provider fake;
  fake.otherwise(testing::answer("Hello").after(duration(2s)));
  client c(fake.options());
  batch job(c, batch_options().in_flight(3));
  collected to;
  const auto from = items_of(rows(500));
  run_of run;
  run.begin(job, *from, to);
  testing::run(run.io, 1s);
  c.close();
  testing::run(run.io, 1min);
  CHECK(run.ended);
  CHECK_FALSE(run.report.complete());
  CHECK(to.results.size() == 3); // running replies continue
}

TEST_CASE("a group that is destroyed while a job runs ends the job, which says why") {
  testing::fake_provider fake;
  fake.otherwise(testing::silence());
  auto group = std::make_unique<client_group>(fake.options(), 2);
  batch job(*group, batch_options().in_flight(16));
  collected to;
  const auto from = items_of(rows(300));
  asio::io_context io;
  batch_report report;
  bool ended = false;
  asio::co_spawn(io, job.run(*from, to), [&](std::exception_ptr, batch_report r) {
    report = std::move(r);
    ended = true;
  });
  while (job.progress().in_flight < 16)
    io.run_one();
  group.reset();
  io.run_for(10s);
  CHECK(ended);
  CHECK_FALSE(report.complete());
  CHECK(to.results.empty());
}
