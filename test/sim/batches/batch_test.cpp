// The life of a batch, without a server.
#include <doctest/doctest.h>

#include "sim/batches/batch.hpp"

using namespace weir;
using namespace weir::sim;
using namespace std::chrono_literals;

namespace {

const wall_time start = wall_time(std::chrono::hours(500'000));

batch of(std::size_t lines, std::vector<fault> faults = {}) {
  batch b;
  b.created = start;
  b.validate = 1s;
  b.run = 10s;
  b.finalize = 1s;
  b.content.lines.resize(lines);
  b.faults = std::move(faults);
  return b;
}

} // namespace

TEST_CASE("a batch is validated, runs, is finalized and is completed, each at its time") {
  auto b = of(10);
  CHECK(b.phase(start) == batch_phase::validating);
  CHECK(b.phase(start + 999ms) == batch_phase::validating);
  CHECK(b.phase(start + 1s) == batch_phase::running);
  b.answered = 10;
  CHECK(b.phase(start + 11s) == batch_phase::finalizing);
  CHECK(b.phase(start + 12s) == batch_phase::completed);
}

TEST_CASE("a batch does not end before its lines are answered") {
  auto b = of(10);
  b.answered = 9;
  CHECK(b.phase(start + 12s) == batch_phase::running);
  b.cancel_asked = start + 11s;
  CHECK(b.phase(start + 20s) == batch_phase::cancelling);
  CHECK_FALSE(b.behind());
  b.looked_at = start + 20s;
  CHECK(b.behind());
}

TEST_CASE("lines are answered in proportion to the time that a batch runs") {
  const auto b = of(10);
  CHECK(b.due(start + 500ms) == 0);
  CHECK(b.due(start + 1s) == 0);
  CHECK(b.due(start + 6s) == 5);
  CHECK(b.due(start + 11s) == 10);
  CHECK(b.due(start + 100s) == 10);
}

TEST_CASE("a cancelled batch answers nothing after it was cancelled, and ends when its results are written") {
  auto b = of(10);
  b.cancel_asked = start + 4s;
  b.answered = 3;
  CHECK(b.phase(start + 4s) == batch_phase::cancelling);
  CHECK(b.phase(start + 5s) == batch_phase::cancelled);
  CHECK(b.due(start + 100s) == 3);
  b.cancel_asked = start + 500ms;
  CHECK(b.due(start + 100s) == 0);
}

TEST_CASE("an expired batch has answered a share of its lines") {
  auto b = of(10, {fault(fault_kind::batch_expired, "30")});
  b.answered = 3;
  CHECK(b.due(start + 100s) == 3);
  CHECK(b.phase(start + 11s) == batch_phase::finalizing);
  CHECK(b.phase(start + 12s) == batch_phase::expired);
}

TEST_CASE("slow finalizing takes its own time") {
  auto b = of(10, {fault(fault_kind::batch_slow_finalize, "1m")});
  b.answered = 10;
  CHECK(b.phase(start + 12s) == batch_phase::finalizing);
  CHECK(b.phase(start + 71s) == batch_phase::completed);
}

TEST_CASE("a batch with a problem fails once it was validated") {
  auto b = of(10);
  b.content.problems.emplace_back("code", "message");
  CHECK(b.phase(start) == batch_phase::validating);
  CHECK(b.phase(start + 1s) == batch_phase::failed);
  CHECK(b.due(start + 100s) == 0);
}

TEST_CASE("the lines that a fault makes fail are exactly its share, at least one") {
  const auto failing = [](std::size_t lines, std::string percent) {
    const auto b = of(lines, {fault(fault_kind::batch_error_lines, std::move(percent))});
    std::size_t n = 0;
    for (std::size_t i = 0; i < lines; ++i)
      n += b.spoils(i);
    return n;
  };
  CHECK(failing(100, "20") == 20);
  CHECK(failing(1000, "1") == 10);
  CHECK(failing(3, "10") == 1);
  CHECK(failing(100, "0") == 0);
  CHECK(failing(100, "100") == 100);
}

TEST_CASE("usage is counted in the words of every dialect") {
  batch_usage u;
  const auto add = [&u](std::string_view text) {
    error_code ec;
    u.add(codec::parse_json(text, ec));
    REQUIRE_FALSE(ec);
  };
  add(R"({"usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1},)"
      R"("completion_tokens_details":{"reasoning_tokens":1}}})");
  add(R"({"usage":{"input_tokens":10,"output_tokens":20}})");
  add(R"({"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":200,"thoughtsTokenCount":5}})");
  add(R"({"error":{}})");
  CHECK(u.input == 111);
  CHECK(u.output == 227);
  CHECK(u.cached == 1);
  CHECK(u.reasoning == 6);
}
