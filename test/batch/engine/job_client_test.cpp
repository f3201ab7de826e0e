// What a job asks of its client: answers that fit a schema, and at which priority.
#include <doctest/doctest.h>

#include <weir/client/client.hpp>
#include <weir/codec/schema.hpp>
#include <weir/policy/handler.hpp>
#include <weir/task/text_generation.hpp>

#include "batch/engine/job_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace batch_test;

TEST_CASE("an answer that does not fit the schema is asked for once more, and what the second call comes to counts") {
  const auto wanted = std::make_shared<const schema>(R"({"type":"object","required":["label"]})");
  const auto play = [&](std::vector<testing::response> answers, unsigned rounds, collected& to) {
    testing::fake_provider fake;
    for (auto& a : answers)
      fake.then(std::move(a));
    fake.otherwise(testing::answer(R"({"label":"late"})"));
    client c(fake.options().retry(retry().attempts(1)));
    batch job(c, batch_options().in_flight(1).rounds(rounds).schema(wanted));
    const auto from = items_of(rows(1));
    run_of run;
    CHECK_FALSE(run(job, *from, to));
    CHECK(run.ended);
  };
  SUBCASE("it fits then") {
    collected to;
    play({testing::answer("no JSON"), testing::answer(R"({"label":"x"})")}, 0, to);
    CHECK(to.results.at("row-0").succeeded());
    CHECK(to.results.at("row-0").calls == 2);
  }
  SUBCASE("the second call fails for a reason that may pass: both are made again") {
    collected to;
    play({testing::answer("no JSON"), testing::refusal(503)}, 1, to);
    CHECK(to.results.at("row-0").succeeded());
    CHECK(to.results.at("row-0").calls == 3);
  }
  SUBCASE("it does not: a failure, and the answer is kept") {
    collected to;
    play({testing::answer("no JSON"), testing::answer("[]")}, 3, to);
    const auto& r = to.results.at("row-0");
    CHECK(r.failure.code() == errc::unexpected_content);
    CHECK(r.calls == 2);
    CHECK(r.body.find("\"content\":\"[]\"") != std::string::npos);
  }
}

TEST_CASE("items are asked at the priority of batches, unless their requests say otherwise") {
  class watching final : public handler {
  public:
    watching(handler_ptr next, std::vector<priority>& seen) : next_(std::move(next)), seen_(seen) {}
    asio::awaitable<reply> operator()(call& c) override {
      seen_.push_back(c.priority);
      return (*next_)(c);
    }

  private:
    handler_ptr next_;
    std::vector<priority>& seen_;
  };
  std::vector<priority> seen;
  testing::fake_provider fake;
  fake.otherwise(testing::answer("Hello"));
  client c(fake.options().layer([&seen](handler_ptr next) { return std::make_shared<watching>(next, seen); }));
  batch job(c, batch_options().in_flight(1));
  collected to;
  std::vector<batch_item> items = rows(1);
  items.push_back(batch_item("text", text_generation("m").prompt("Hi")));
  items.push_back(
      batch_item("now", chat("m").user("Hi").options(call_options().tag("a", "b").priority(priority::interactive))));
  const auto from = items_of(std::move(items));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(seen == std::vector<priority>{priority::batch, priority::batch, priority::interactive});
}
