#include <doctest/doctest.h>

#include "batch/report/provider_words.hpp"

using namespace weir;

namespace {

batch_progress some_done() {
  batch_progress p;
  p.total = 20'000;
  p.done = 1204;
  p.outcomes[static_cast<std::size_t>(outcome::complete)] = 1200;
  p.cost["USD"] = *money::parse("0.42");
  return p;
}

provider_part a_part(std::string state, std::uint64_t lines) {
  provider_part part;
  part.batch = "batch_1";
  part.state = std::move(state);
  part.lines = lines;
  part.age = std::chrono::seconds(750);
  return part;
}

} // namespace

TEST_CASE("a job at a provider tells what its batches do, and how far they are") {
  provider_progress at;
  at.parts = {a_part("running", 10'000), a_part("running", 10'000), a_part("validating", 500)};
  at.parts[0].completed = 9000;
  at.parts[0].failed = 10;
  at.parts[1].completed = 300;
  CHECK(provider_line(some_done(), at, 200) ==
        "1,204/20,000 done  3 batches: 2 running, 1 validating  9,310 of 20,000 lines answered  for 12 m 30 s  $0.42  "
        "4 failed");
  CHECK(provider_sentence(some_done(), at) ==
        "1,204 of 20,000 done, 4 failed, 3 batches: 2 running, 1 validating, 9,310 of 20,000 lines answered, for "
        "12 m 30 s, $0.42 spent");
}

TEST_CASE("a provider that tells no progress is said to") {
  provider_progress at;
  at.parts = {a_part("running", 10)};
  CHECK(provider_sentence(some_done(), at).find("1 batch: 1 running, the provider tells no progress") !=
        std::string::npos);
  // There is none to tell of before there is a batch.
  at.parts[0].batch.clear();
  at.parts[0].state = "submitting";
  CHECK(provider_sentence(some_done(), at).find("progress") == std::string::npos);
}

TEST_CASE("a narrow line leaves out what matters least") {
  provider_progress at;
  at.parts = {a_part("running", 10)};
  at.parts[0].completed = 5;
  CHECK(provider_line(some_done(), at, 80) ==
        "1,204/20,000 done  1 batch: 1 running  5 of 10 lines answered  4 failed");
  CHECK(provider_line(some_done(), at, 20) == "1,204/20,000 done");
  CHECK(provider_line(some_done(), at, 5).empty());
}

TEST_CASE("programs see each batch") {
  provider_progress at;
  at.parts = {a_part("running", 10)};
  const auto text = provider_json(some_done(), at);
  CHECK(text.find(R"("done":1204)") != std::string::npos);
  CHECK(text.find(R"("batches":[{"batch":"batch_1","state":"running","lines":10,"age_s":750.0}])") !=
        std::string::npos);
}
