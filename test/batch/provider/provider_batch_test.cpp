// Whole jobs by the simulated batch APIs, on real sockets.
#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "batch/provider/job_support.hpp"
#include "batch/provider/run_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

// How many lines, and how many parts they go into.
std::size_t lines() {
  const char* given = std::getenv("WEIR_BATCH_LINES");
  return given ? std::strtoul(given, nullptr, 10) : 120;
}

std::map<std::string, std::string> live_texts(const std::string& url, const std::string& journal, std::size_t n) {
  job_run live(simulated_apis().front(), url, journal);
  live.live(questions(n));
  REQUIRE(!live.result.why);
  REQUIRE(live.result.texts.size() == n);
  return live.result.texts;
}

// At the same time: each mostly waits.
void for_each_api(const std::function<void(const simulated_api&)>& test) {
  std::vector<std::thread> all;
  for (const auto& api : simulated_apis())
    all.emplace_back([&test, &api] {
      try {
        test(api);
      } catch (const std::exception& e) {
        FAIL_CHECK(api.name << ": " << e.what());
      }
    });
  for (auto& one : all)
    one.join();
}

} // namespace

TEST_CASE("each batch API gives the ids and texts that live calls give") {
  test_folder folder;
  const auto n = lines();
  std::map<std::string, std::string> wanted;
  {
    sim::server_thread server(quick_batches());
    wanted = live_texts(server.url(), folder.path + "/live", n);
  }
  for_each_api([&](const simulated_api& api) {
    INFO(api.name);
    sim::server_thread server(quick_batches());
    job_run job(api, server.url(), folder.path + "/" + api.name);
    job.shape = [n](provider_batch_options& o) { o.max_lines(n / 3 + 1); };
    CHECK(job.by_batches(questions(n)));
    INFO(job.result.why.describe());
    CHECK(!job.result.why);
    CHECK(job.result.report.complete());
    CHECK(job.result.report.succeeded() == n);
    CHECK(job.result.texts == wanted);
    // Run again, it asks nothing and gives the same.
    const auto created = told(server.url(), "created");
    CHECK(job.by_batches(questions(n)));
    CHECK(job.result.texts == wanted);
    CHECK(job.result.report.restored == n);
    CHECK(told(server.url(), "created") == created);
    CHECK(told(server.url(), "lines_repeated") == 0);
  });
}

TEST_CASE("a job that is killed at any request, or at any answer, is resumed without asking twice") {
  constexpr std::size_t n = 4;
  for_each_api([&](const simulated_api& api) {
    std::size_t kills = 0;
    for (std::size_t at = 0;; ++at) {
      test_folder folder;
      sim::server_thread server(quick_batches());
      INFO(api.name << " at " << at);
      job_run job(api, server.url(), folder.path + "/j");
      const bool whole = job.by_batches(questions(n), at);
      if (!whole)
        CHECK(job.by_batches(questions(n)));
      CHECK(!job.result.why);
      CHECK(job.result.report.succeeded() == n);
      CHECK(job.result.texts.size() == n);
      for (const auto& [id, times] : job.result.given)
        CHECK(times == 1);
      CHECK(told(server.url(), "lines_repeated") == 0);
      CHECK(told(server.url(), "lines_answered") == n);
      kills += whole ? 0 : 1;
      if (whole)
        break;
    }
    MESSAGE(api.name << ": killed at " << kills << " points");
    CHECK(kills >= 6);
  });
}

TEST_CASE("whatever befalls a batch, each line has its answer in the end, and is paid for once") {
  constexpr std::size_t n = 40;
  test_folder folder;
  std::map<std::string, std::string> wanted;
  {
    sim::server_thread server(quick_batches());
    wanted = live_texts(server.url(), folder.path + "/live", n);
  }
  for_each_api([&](const simulated_api& api) {
    for (const std::string fault : {"batch-no-output", "batch-expired:30", "batch-counts-zero", "batch-error-lines:20",
                                    "batch-duplicate-lines:3", "batch-slow-finalize:200ms", "batch-transient-404:300ms",
                                    "batch-create-lost", "batch-vanished", "batch-vanished:200"}) {
      // Its state is its counts: such a batch is given up after three days.
      if (fault == "batch-counts-zero" && api.name == "xai")
        continue;
      INFO(fault << " at " << api.name);
      sim::server_thread server(quick_batches({fault + "*1"}));
      job_run job(api, server.url(), folder.path + "/" + fault + api.name);
      CHECK(job.by_batches(questions(n)));
      INFO(job.result.why.describe());
      CHECK(!job.result.why);
      CHECK(job.result.texts == wanted);
      for (const auto& [id, times] : job.result.given)
        CHECK(times == 1);
      // What has vanished with the batch, and Gemini's with one that has expired, is paid for once more.
      if (!fault.starts_with("batch-vanished") && !(fault.starts_with("batch-expired") && api.name == "gemini"))
        CHECK(told(server.url(), "lines_answered") - told(server.url(), "lines_failed") == n);
    }
  });
}

TEST_CASE("a sink that fails loses no answer of a batch, and the next run gives it everything") {
  constexpr std::size_t n = 12;
  for_each_api([&](const simulated_api& api) {
    INFO(api.name);
    test_folder folder;
    sim::server_thread server(quick_batches());
    job_run job(api, server.url(), folder.path + "/j");
    job.sink_takes = 5;
    CHECK(job.by_batches(questions(n)));
    CHECK(job.result.why.code() == errc::not_saved);
    CHECK(job.result.why.message() == "the sink is full");
    CHECK(job.result.texts.size() == 5);
    job.sink_takes = SIZE_MAX;
    CHECK(job.by_batches(questions(n)));
    CHECK(!job.result.why);
    CHECK(job.result.texts.size() == n);
    CHECK(job.result.report.succeeded() == n);
    CHECK(told(server.url(), "created") == 1);
    CHECK(told(server.url(), "lines_answered") == n);
  });
}

TEST_CASE("a job that is stopped leaves its batch, live calls refuse it, and the next run fetches it") {
  test_folder folder;
  auto how = quick_batches();
  how.batches.run = std::chrono::seconds(2);
  sim::server_thread server(std::move(how));
  job_run job(simulated_apis().front(), server.url(), folder.path + "/j");
  job.while_running = [](provider_batch& b) {
    if (const auto at = b.at_provider(); !at.parts.empty() && !at.parts.front().batch.empty())
      b.stop();
  };
  CHECK(job.by_batches(questions(10)));
  CHECK(!job.result.why);
  CHECK(!job.result.report.complete());
  CHECK(job.result.report.done == 0);
  CHECK(unsettled_items(*open_journal(job.journal)) == 10);
  job.live(questions(10));
  CHECK(job.result.why.code() == errc::invalid_argument);
  CHECK(job.result.why.message().find("10 items of the journal are in batches") != std::string::npos);
  job.while_running = {};
  CHECK(job.by_batches(questions(10)));
  CHECK(job.result.report.succeeded() == 10);
  CHECK(told(server.url(), "created") == 1);
}

TEST_CASE("a batch that is cancelled keeps what it has answered, and live calls ask the rest") {
  test_folder folder;
  for_each_api([&folder](const simulated_api& api) {
    INFO(api.name);
    auto how = quick_batches();
    how.batches.run = std::chrono::seconds(4);
    sim::server_thread server(std::move(how));
    job_run job(api, server.url(), folder.path + "/" + api.name);
    auto since = std::chrono::steady_clock::time_point::max();
    job.while_running = [&since](provider_batch& b) {
      const auto at = b.at_provider();
      if (at.parts.empty() || at.parts.front().batch.empty())
        return;
      since = std::min(since, std::chrono::steady_clock::now());
      if (std::chrono::steady_clock::now() - since > std::chrono::seconds(1))
        b.cancel();
    };
    CHECK(job.by_batches(questions(40)));
    CHECK(!job.result.why);
    const auto kept = job.result.report.succeeded();
    // Gemini has no results of a batch that did not succeed, and OpenRouter cannot cancel one.
    if (api.name == "gemini") {
      CHECK(kept == 0);
    } else {
      CHECK(told(server.url(), "lines_answered") == kept);
      CHECK(kept > 0);
    }
    CHECK((api.name == "openrouter" || kept < 40));
    CHECK(unsettled_items(*open_journal(job.journal)) == 0);
    job.live(questions(40));
    CHECK(!job.result.why);
    CHECK(job.result.report.succeeded() == 40);
    CHECK(job.result.report.restored == kept);
    CHECK(job.result.report.calls == 40 - kept);
  });
}

TEST_CASE("a batch that cannot make the deadline is cancelled in time for live calls, and keeps what it has answered") {
  test_folder folder;
  auto how = quick_batches();
  how.batches.run = std::chrono::seconds(40);
  sim::server_thread server(std::move(how));
  job_run job(simulated_apis().front(), server.url(), folder.path + "/j");
  job.while_running = [](provider_batch& b) {
    if (const auto at = b.at_provider(); !at.parts.empty() && !at.parts.front().batch.empty())
      b.stop();
  };
  CHECK(job.by_batches(questions(40)));
  CHECK(unsettled_items(*open_journal(job.journal)) == 40);
  job.while_running = {};
  job.shape = [](provider_batch_options& o) {
    // Two minutes are for the cancellation.
    o.deadline(std::chrono::system_clock::now() + std::chrono::minutes(4)).live_rate(1000);
  };
  CHECK(job.by_batches(questions(40)));
  CHECK(!job.result.why);
  CHECK(job.result.report.stopped.find("the deadline is near") != std::string::npos);
  CHECK(job.result.report.succeeded() > 0);
  CHECK(job.result.report.succeeded() < 40);
  CHECK(unsettled_items(*open_journal(job.journal)) == 0);
  CHECK(told(server.url(), "created") == 1);
}

TEST_CASE("where no batch could make the deadline, none is submitted") {
  test_folder folder;
  sim::server_thread server(quick_batches());
  job_run job(simulated_apis().front(), server.url(), folder.path + "/j");
  job.shape = [](provider_batch_options& o) {
    o.deadline(std::chrono::system_clock::now() + std::chrono::minutes(10)).live_rate(1);
  };
  CHECK(job.by_batches(questions(10)));
  CHECK(job.result.report.stopped.find("the deadline is near") != std::string::npos);
  CHECK(told(server.url(), "created") == 0);
}

TEST_CASE("an item whose request has changed is refused, and submitted again if it is forced") {
  test_folder folder;
  sim::server_thread server(quick_batches());
  job_run job(simulated_apis().front(), server.url(), folder.path + "/j");
  CHECK(job.by_batches(questions(3)));
  auto changed = questions(3);
  std::get<chat>(changed[1].request()).user("and more");
  CHECK(job.by_batches(changed));
  CHECK(job.result.why.code() == errc::invalid_argument);
  CHECK(job.result.why.message().find("\"r1\"") != std::string::npos);
  CHECK(job.result.why.message().find("has changed since") != std::string::npos);
  job.shape = [](provider_batch_options& o) { o.force(true); };
  CHECK(job.by_batches(changed));
  CHECK(!job.result.why);
  CHECK(job.result.report.restored == 2);
  CHECK(told(server.url(), "lines_answered") == 4);
}

TEST_CASE("items for another model, without one, or that come twice, are not submitted") {
  test_folder folder;
  sim::server_thread server(quick_batches());
  job_run job(simulated_apis().front(), server.url(), folder.path + "/j");
  auto items = questions(3);
  std::get<chat>(items[0].request()).model("m2");
  std::get<chat>(items[1].request()).model("m3");
  CHECK(job.by_batches(items));
  CHECK(!job.result.why);
  CHECK(job.result.report.succeeded() == 1);
  REQUIRE(job.result.report.failures.size() == 1);
  CHECK(job.result.report.failures.front().code == "unsupported");
  CHECK(job.result.report.failures.front().count == 2);
  auto twice = questions(2);
  twice.push_back(questions(1).front());
  job.journal += "2";
  CHECK(job.by_batches(twice));
  CHECK(job.result.why.message().find("comes twice") != std::string::npos);
}
