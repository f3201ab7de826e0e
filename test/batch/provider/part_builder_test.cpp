#include <doctest/doctest.h>

#include "batch/provider/part_builder.hpp"

using namespace weir;
using namespace weir::vendor_batch;
using verdict = part_builder::verdict;

namespace {

part_limits limits(std::uint64_t lines, std::uint64_t bytes, std::uint64_t line_bytes = part_limits::unlimited,
                   std::uint64_t tokens = part_limits::unlimited) {
  return part_limits(lines, bytes, line_bytes, tokens);
}

} // namespace

TEST_CASE("a part is full by lines, by bytes or by tokens, whichever comes first") {
  part_builder lines(limits(2, 100'000), "t");
  lines.add(part_item("a", 0, 1), 10, 1);
  CHECK(lines.check(10, 1) == verdict::fits);
  lines.add(part_item("b", 1, 1), 10, 1);
  CHECK(lines.check(10, 1) == verdict::full);

  part_builder bytes(limits(100, 10'000), "t");
  bytes.add(part_item("a", 0, 1), 5000, 1);
  CHECK(bytes.check(904, 1) == verdict::fits);
  CHECK(bytes.check(905, 1) == verdict::full);

  part_builder tokens(limits(100, 100'000, part_limits::unlimited, 50), "t");
  tokens.add(part_item("a", 0, 1), 10, 30);
  CHECK(tokens.check(10, 20) == verdict::fits);
  CHECK(tokens.check(10, 21) == verdict::full);
}

TEST_CASE("what fits into no part is told, whatever is in this one") {
  const part_builder b(limits(10, 10'000, 100, 50), "t");
  CHECK(b.check(101, 1) == verdict::too_large);
  CHECK(b.check(10, 51) == verdict::too_large);
  CHECK(part_builder(limits(10, 10'000), "t").check(9'000, 1) == verdict::too_large);
}

TEST_CASE("a part is named by its content, and its lines by their places") {
  part_builder b(limits(10, 100'000), "0a1b2");
  CHECK(b.next_id() == "0a1b2-0");
  b.add(part_item("first", 7, 9), 10, 1);
  CHECK(b.next_id() == "0a1b2-1");
  const auto e = b.finish(std::string(64, 'c'), 5);
  CHECK(e.part == "part-cccccccccccccccc");
  CHECK(e.sha256 == std::string(64, 'c'));
  CHECK(e.items.at(0).index == 7);
  CHECK(b.empty());
}

TEST_CASE("custom ids are reversible, and only by the part that has them") {
  for (const std::uint64_t n : {0u, 1u, 9u, 10u, 49'999u})
    CHECK(line_of("tag", custom_id("tag", n)) == n);
  for (const auto* id :
       {"", "tag", "tag-", "tag-x", "tag-01", "tag-1x", "tag--1", "other-1", "tagg-1", "tag-99999999999999999999"})
    CHECK_MESSAGE(!line_of("tag", id), id);
}

TEST_CASE("a line gets another custom id, and nothing else of it changes") {
  const std::string line = R"({"custom_id":"t-1","body":{"messages":[{"content":"say \"t-1\" or t-1"}],"x":"t-1"}})";
  CHECK(renamed_line(line, "t-1", "other-22") ==
        R"({"custom_id":"other-22","body":{"messages":[{"content":"say \"t-1\" or t-1"}],"x":"t-1"}})");
}

TEST_CASE("events come back from the journal as they went in") {
  part_event e(part_step::terminal, "part-1", 1'790'000'000);
  e.state = batch_state::expired;
  e.places = {"out", "https://x.example/a?b=c"};
  e.problems.emplace_back("code", "a \"message\"", 3);
  e.problems.emplace_back("", "whole");
  e.remark = "vanished";
  e.again = true;
  const auto back = read_record(to_record(e));
  REQUIRE(back);
  CHECK(back->step == part_step::terminal);
  CHECK(back->part == "part-1");
  CHECK(back->at == 1'790'000'000);
  CHECK(back->state == batch_state::expired);
  CHECK(back->places == e.places);
  CHECK(back->problems.at(0).line == 3u);
  CHECK(!back->problems.at(1).line);
  CHECK(back->again);
  CHECK(back->remark == "vanished");

  part_event plan(part_step::planned, "part-2", 1);
  plan.tag = "t";
  plan.sha256 = "s";
  plan.items.emplace_back("id \"x\"\n", 3, UINT64_MAX);
  const auto again = read_record(to_record(plan));
  CHECK(again->items.at(0).id == "id \"x\"\n");
  CHECK(again->items.at(0).fingerprint == UINT64_MAX);

  CHECK(!read_record(journal_record(1, "item", "{}")));
  CHECK_THROWS_AS(read_record(journal_record(130, "part-1", "torn")), error);
}
