#include <doctest/doctest.h>

#include <filesystem>

#include <weir/task/completion.hpp>

#include "batch/provider/run_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

std::string answer(const memory_host& host, const std::string& id) {
  const auto at = host.results.find(id);
  if (at == host.results.end())
    return "none";
  if (at->second.failure)
    return "failed " + std::string(at->second.failure.code().message());
  return std::any_cast<completion>(at->second.value).text();
}

provider_batch_options three_lines() { return provider_batch_options().max_lines(3); }

} // namespace

TEST_CASE("a job is split into parts, and every item gets its own answer") {
  test_folder folder;
  model_openai server;
  memory_journal journal(folder.path + "/j");
  memory_host host;
  const auto why = run_once(server, journal, host, items_with({"one", "two", "three", "four", "five"}), three_lines());
  CHECK(!why);
  CHECK(server.batches.size() == 2);
  CHECK(host.results.size() == 5);
  CHECK(answer(host, "a") == "re: one");
  CHECK(answer(host, "e") == "re: five");
  const auto& r = host.results["d"];
  CHECK(r.outcome == outcome::complete);
  CHECK(r.columns == "{\"row\":3}");
  CHECK(r.index == 3);
  CHECK(r.provider == "openai");
  CHECK(r.model == "gpt-x-1");
  CHECK(r.usage.completion_tokens == 4u);
  SUBCASE("what was uploaded is removed, and no file is left here") {
    CHECK(std::none_of(server.files.begin(), server.files.end(),
                       [](const auto& f) { return f.first.starts_with("file-"); }));
    CHECK(!std::filesystem::exists(folder.path + "/j.parts"));
  }
  SUBCASE("a second run has nothing to do") {
    const auto before = server.requests;
    CHECK(!run_once(server, journal, host, items_with({"one", "two", "three", "four", "five"}), three_lines()));
    CHECK(server.requests == before);
  }
}

TEST_CASE("refused lines fail, and lines that a batch left out go into another one") {
  test_folder folder;
  model_openai server;
  memory_journal journal(folder.path + "/j");
  memory_host host;
  CHECK(!run_once(server, journal, host, items_with({"one", "fail", "lost", "late", "five"})));
  CHECK(answer(host, "a") == "re: one");
  CHECK(host.results["b"].failure.code() == errc::bad_request);
  CHECK(answer(host, "c") == "re: lost");
  CHECK(answer(host, "d") == "re: late");
  CHECK(host.results["d"].columns == "{\"row\":3}");
  CHECK(server.asked["one"] == 1);
  CHECK(server.asked["lost"] == 2);
  for (const auto& [id, times] : host.taken)
    CHECK(times == 1);
}

TEST_CASE("whatever request ends the process, no part is created twice and no answer is lost") {
  const std::vector<std::string> messages{"one", "lost", "fail", "four"};
  for (unsigned end = 0;; ++end) {
    test_folder folder;
    model_openai server;
    server.takes = 30s; // of many polls one is as good as another
    memory_journal journal(folder.path + "/j");
    memory_host host;
    server.sudden_end = end;
    const auto why = run_once(server, journal, host, items_with(messages), three_lines());
    server.sudden_end.reset();
    if (why)
      CHECK(!run_once(server, journal, host, items_with(messages), three_lines()));
    INFO(end);
    CHECK(host.results.size() == 4);
    CHECK(answer(host, "a") == "re: one");
    CHECK(answer(host, "d") == "re: four");
    CHECK(server.asked["one"] == 1);
    CHECK(server.asked["four"] == 1);
    CHECK(server.asked["lost"] == 2);
    for (const auto& [id, times] : host.taken)
      CHECK(times == 1);
    if (!why)
      break;
  }
}

TEST_CASE("a cancelled job fetches what its batches have done, and leaves the rest for live calls") {
  test_folder folder;
  model_openai server;
  server.takes = 20h;
  memory_journal journal(folder.path + "/j");
  memory_host host;
  const auto why =
      run_once(server, journal, host, items_with({"one", "two", "three", "four"}), provider_batch_options(), 2h);
  CHECK(!why);
  CHECK(host.results.size() == 2);
  CHECK(answer(host, "a") == "re: one");
  CHECK(answer(host, "b") == "none");
  CHECK(journal.count(static_cast<std::uint8_t>(vb::part_step::cleaned)) == 1);
}

TEST_CASE("items that no batch can take fail by themselves") {
  test_folder folder;
  model_openai server;
  memory_journal journal(folder.path + "/j");
  memory_host host;
  auto items = items_with({"one", std::string(3000, 'x')});
  items.emplace_back("other", chat("another-model").user("hm"));
  items.push_back(batch_item::rejected("broken", failure(errc::invalid_argument, "line 4 is no JSON")));
  items.emplace_back("text", text_generation().prompt("hm"));
  CHECK(!run_once(server, journal, host, std::move(items), provider_batch_options().max_bytes(6000)));
  CHECK(answer(host, "a") == "re: one");
  CHECK(host.results["b"].failure.code() == errc::invalid_argument);
  CHECK(host.results["other"].failure.code() == errc::unsupported);
  CHECK(host.results["broken"].failure.message() == "line 4 is no JSON");
  CHECK(host.results["broken"].calls == 0);
  CHECK(host.results["text"].failure.code() == errc::unsupported);
}

TEST_CASE("an id that comes twice ends the job at once, and its batches are for the next run") {
  test_folder folder;
  model_openai server;
  memory_journal journal(folder.path + "/j");
  memory_host host;
  auto items = items_with({"one", "two", "three"});
  items.emplace_back("b", chat().user("again"));
  const auto why = run_once(server, journal, host, std::move(items), provider_batch_options().max_lines(1));
  CHECK(why.code() == errc::invalid_argument);
  CHECK(why.message().find("\"b\" comes twice") != std::string::npos);
  CHECK(host.results.empty());
  CHECK(!run_once(server, journal, host, items_with({"one", "two", "three"})));
  CHECK(answer(host, "a") == "re: one");
  CHECK(answer(host, "c") == "re: three");
  CHECK(server.asked["one"] == 1);
  CHECK(server.asked["two"] == 1);
}
