// Jobs whose results are files, and what a job takes for done or sent, over a journal on disk.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <map>

#include <weir/batch/batch.hpp>
#include <weir/client/client.hpp>
#include <weir/store/journal.hpp>
#include <weir/task/hub/vision_tasks.hpp>
#include <weir/testing.hpp>

#include "batch/output/fake_journal.hpp"
#include "batch/output/record.hpp"
#include "tool/scratch.hpp"

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace weir;

namespace {

class collected final : public batch_sink {
public:
  asio::awaitable<void> write(batch_result r) override {
    results.emplace(r.id, std::move(r));
    co_return;
  }
  std::map<std::string, batch_result> results;
};

class ended {
public:
  batch_report report;
  std::exception_ptr why;
  std::map<std::string, batch_result> results;
};

ended run(asio::io_context& io, batch& job, std::vector<batch_item> items) {
  collected to;
  const auto from = items_of(std::move(items));
  ended e;
  bool over = false;
  asio::co_spawn(io, job.run(*from, to), [&](std::exception_ptr p, batch_report r) {
    e.why = p;
    e.report = std::move(r);
    over = true;
  });
  io.restart();
  io.run_for(30s);
  REQUIRE(over);
  e.results = std::move(to.results);
  return e;
}

ended run(batch& job, std::vector<batch_item> items) {
  asio::io_context io;
  return run(io, job, std::move(items));
}

// An image for each request.
class painter {
public:
  explicit painter(std::size_t bytes = 0) {
    fake.otherwise(testing::raw_response(200, "image/png", "\x89PNG\r\n\x1a\n0" + std::string(bytes, 'x')));
  }
  ended operator()(batch_options o, const std::string& prompt = "a cat") {
    client c(fake.options());
    asio::io_context io;
    ended e;
    {
      batch job(c, std::move(o));
      std::vector<batch_item> items;
      for (const auto* id : {"one", "two"})
        items.emplace_back(id, task_request(text_to_image().prompt(prompt)));
      e = run(io, job, std::move(items));
    }
    c.close();
    return e;
  }
  std::size_t requests() const { return fake.requests().size(); }

  testing::fake_provider fake;
};

std::vector<batch_item> question(const std::string& text) {
  std::vector<batch_item> all;
  all.emplace_back("q", chat("m").user(text));
  return all;
}

ended ask(const std::shared_ptr<journal>& kept, const std::string& text, outcome o, errc code = errc::unexpected) {
  batch job(
      [o, code](const batch_item&) -> asio::awaitable<batch_result> {
        batch_result r;
        r.outcome = o;
        r.body = "{}";
        if (o == outcome::failed)
          r.failure = failure(code, "no");
        co_return r;
      },
      batch_options().journal(kept).rounds(0));
  return run(job, question(text));
}

} // namespace

TEST_CASE("an image is a file by the time that its result comes, and is not asked for again") {
  const scratch in;
  painter paint;
  const auto o = [&in] { return batch_options().files(in.at("made")); };
  const auto first = paint(o());
  CHECK_FALSE(first.why);
  CHECK(paint.requests() == 2);
  CHECK(in.read("made/one.png") == "\x89PNG\r\n\x1a\n0");
  CHECK(first.results.at("two").body.find(in.at("made/two.png")) != std::string::npos);
  CHECK(first.results.at("two").body.find("base64") == std::string::npos);

  const auto again = paint(o());
  CHECK(paint.requests() == 2);
  CHECK(again.results.at("one").restored);
  CHECK(again.results.at("one").calls == 0);
  CHECK(again.results.at("one").body == first.results.at("one").body);
  CHECK(again.report.restored == 2);
  CHECK(again.report.calls == 0);

  fs::remove(in.at("made/two.png"));
  paint(o());
  CHECK(paint.requests() == 3);
  const auto other = paint(o(), "a dog");
  REQUIRE(other.why);
  CHECK(failure_of(other.why).message().find("one.png answers another request of the item \"one\"") !=
        std::string::npos);
  CHECK(paint.requests() == 3);
  paint(o().force(true), "a dog");
  CHECK(paint.requests() == 5);
}

TEST_CASE("with a journal, an item whose file is gone is asked again if that is forced") {
  const scratch in;
  painter paint;
  const auto o = [&in](bool force) {
    return batch_options()
        .files(in.at("made"))
        .force(force)
        .journal(open_journal(in.at("j"), journal_options().settings("s")));
  };
  paint(o(false));
  fs::remove(in.at("made/one.png"));
  CHECK(paint(o(false)).report.restored == 2);
  CHECK(paint.requests() == 2);
  paint(o(true));
  CHECK(paint.requests() == 3);
  CHECK(fs::exists(in.at("made/one.png")));
}

TEST_CASE("a file that cannot be written ends the job, and its result keeps the bytes") {
  const scratch in;
  fs::create_directories(in.at("made/one.png"));
  in.write("made/.weir-files.jsonl", "");
  painter paint;
  const auto e = paint(batch_options().files(in.at("made")).in_flight(1));
  REQUIRE(e.why);
  CHECK(failure_of(e.why).code() == errc::not_saved);
  CHECK(e.results.at("one").body.find("base64") != std::string::npos);
  CHECK(e.results.size() == 1);
}

TEST_CASE("the journal's disk has room for what cannot be written to files, before it is paid for") {
  const auto play = [](std::size_t bytes, const std::string& broken) {
    const scratch in;
    fs::create_directories(in.at("made/" + broken));
    in.write("made/.weir-files.jsonl", "");
    painter paint(bytes);
    const auto kept = std::make_shared<batch_test::fake_journal>();
    const auto e = paint(batch_options().files(in.at("made")).in_flight(1).journal(kept));
    CHECK(e.why);
    CHECK(read_result(kept->read(kept->count(record_kind(outcome::complete)) - 1)).body.size() > bytes);
    CHECK_FALSE(kept->overrun);
  };
  SUBCASE("the first result is as large as they usually are") { play(3'000'000, "one.png"); }
  SUBCASE("further ones are as large as those before them") { play(9'000'000, "two.png"); }
}

TEST_CASE("bytes that could not be written are written by the next run, which sends nothing before it can") {
  const scratch in;
  fs::create_directories(in.at("made/one.png"));
  in.write("made/.weir-files.jsonl", "");
  painter paint;
  for (const bool replay : {false, true})
    for (int run = 0; run != 2; ++run) {
      const std::shared_ptr<journal> kept = open_journal(in.at("journal"));
      const auto e = paint(batch_options().files(in.at("made")).in_flight(1).journal(kept).replay(replay));
      REQUIRE(e.why);
      CHECK(failure_of(e.why).message().find("one.png") != std::string::npos);
      CHECK(paint.requests() == 1);
    }
  fs::remove(in.at("made/one.png"));
  for (int run = 0; run != 2; ++run) {
    const std::shared_ptr<journal> kept = open_journal(in.at("journal"));
    const auto e = paint(batch_options().files(in.at("made")).journal(kept));
    CHECK_FALSE(e.why);
    CHECK(paint.requests() == 2);
    CHECK(e.report.restored == 1u + static_cast<unsigned>(run));
    CHECK(in.read("made/one.png") == "\x89PNG\r\n\x1a\n0");
    CHECK(e.results.at("one").body.find(in.at("made/one.png")) != std::string::npos);
    CHECK(e.results.at("one").body.find("base64") == std::string::npos);
    CHECK(read_result(kept->read(kept->find("one")->position)).body.find("base64") == std::string::npos);
  }
}

TEST_CASE("only a complete answer keeps an item from being asked something else") {
  for (const auto earlier : {outcome::length, outcome::filtered, outcome::failed, outcome::complete}) {
    const scratch in;
    const auto journal = [&in] { return open_journal(in.at("j"), journal_options().settings("s")); };
    ask(journal(), "first", earlier);
    const auto e = ask(journal(), "second", outcome::complete);
    INFO(name_of(earlier));
    if (earlier != outcome::complete) {
      CHECK_FALSE(e.why);
      CHECK(e.results.at("q").succeeded());
    } else {
      REQUIRE(e.why);
      CHECK(failure_of(e.why).message().find("has changed since") != std::string::npos);
    }
  }
}

TEST_CASE("what was never sent is no request") {
  for (const auto& [code, sent] : {std::pair(errc::missing_key, 0),
                                   {errc::invalid_argument, 0},
                                   {errc::limit_reached, 0},
                                   {errc::connect_failed, 1},
                                   {errc::bad_request, 1}}) {
    const auto e = ask(nullptr, "x", outcome::failed, code);
    INFO(name_of(code));
    CHECK(e.report.calls == static_cast<std::uint64_t>(sent));
  }
}

TEST_CASE("an id that is a place is said once") {
  std::vector<batch_item> twice;
  for (int i = 0; i < 2; ++i)
    twice.emplace_back(batch_item("t.csv:2", chat("m").user("x")).origin("t.csv:2"));
  batch job([](const batch_item&) -> asio::awaitable<batch_result> {
    batch_result r;
    r.outcome = outcome::complete;
    co_return r;
  });
  const auto e = run(job, std::move(twice));
  REQUIRE(e.why);
  CHECK(failure_of(e.why).message().find("(t.csv:2)") == std::string::npos);
}
