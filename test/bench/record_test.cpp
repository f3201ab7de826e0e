#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <weir/core/error.hpp>
#include <weir/core/random.hpp>

#include "bench/record/record_json.hpp"
#include "bench/sample_record.hpp"
#include "codec/json/json.hpp"

namespace {

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;
using bench_record::column;
using bench_record::read_record;
using bench_record::to_json;

std::string refusal(std::string_view text) {
  try {
    read_bench_result(text);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

std::string with(std::string_view members) {
  return R"({"format":"weir-bench","version":1,"parts":1,"targets":[{}],)" + std::string(members) + '}';
}

} // namespace

TEST_CASE("a column's places cover all times, without a gap, each 4.4 % wide") {
  random_source random(3);
  for (int i = 0; i < 20'000; ++i) {
    const duration d(static_cast<duration::rep>(random.next() >> (22 + random.below(42))));
    const auto place = column::place_of(d);
    if (d < histogram::longest) {
      CHECK(column::from(place) <= d);
      CHECK((d < column::to(place) || place == 0));
    }
  }
  for (std::uint16_t place = 1; place < column::place_of(histogram::longest); ++place)
    REQUIRE(column::to(place) / column::from(place) == 1);
  CHECK(column::place_of(-1ns) == 0);
  CHECK(column::place_of(0ns) == 0);
  CHECK(column::place_of(duration::max()) == column::place_of(histogram::longest));
  CHECK(column::to(16 * 10) - column::from(16 * 10) < 46us); // at 1.024 ms
}

TEST_CASE("columns merge exactly, and tell percentiles to within a place") {
  column a, b, all;
  CHECK_FALSE(a.at(0.5));
  for (int i = 1; i <= 1000; ++i) {
    (i % 3 == 0 ? a : b).add(i * 1ms);
    all.add(i * 1ms);
  }
  CHECK(a.merge(b) == all);
  CHECK(a.count() == 1000);
  CHECK(*all.at(0.5) > 475ms);
  CHECK(*all.at(0.5) < 525ms);
  CHECK(*all.at(1) > 950ms);
}

TEST_CASE("a record comes back from its text as it was") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto r = random_record(seed);
    INFO(seed);
    const auto text = to_json(r);
    REQUIRE(read_record(text) == r);
    REQUIRE(to_json(read_record(text)) == text);
  }
  for (const auto& r : {healthy_record(), invalid_record(), searched_record(), compared_record(), incomplete_record()})
    CHECK(read_record(to_json(r)) == r);
}

TEST_CASE("the file is what docs/bench.md says") {
  const auto text = result_of(healthy_record()).json();
  CHECK(text.starts_with(R"({"format":"weir-bench","version":1,"summary":{)"));
  error_code ec;
  const auto v = codec::parse_json(text, ec);
  REQUIRE_FALSE(ec);
  const auto& target = v.at("targets").at(0);
  CHECK(std::string_view(target.at("all").at("times").at("ttft").as_string()).starts_with("HISTF"));
  const auto& summary = v.at("summary").at("targets").at(0);
  CHECK(summary.at("ttft").at("p95_ms").as_double() > 300);
  CHECK(summary.at("ttft").at("p99_9_ms").is_null()); // too few
  CHECK(v.at("summary").at("valid").as_bool());
}

TEST_CASE("members that are not known are passed over, and what is left out is 0, empty or false") {
  const auto r = read_record(R"({"new":{"a":[1]},"format":"weir-bench","version":1,"parts":2,"targets":[{"more":1}]})");
  CHECK(r.parts == 2);
  CHECK_FALSE(r.complete);
  CHECK(r.targets[0] == bench_record::target_record());
}

TEST_CASE("a text that is no result is refused, with what is wrong and where") {
  CHECK(refusal("").find("neither JSON nor a report") != std::string::npos);
  CHECK(refusal("<html>").find("neither JSON") != std::string::npos);
  CHECK(refusal("[]").find("\"format\"") != std::string::npos);
  CHECK(refusal(R"({"format":"weir-bench"})").find("no version") != std::string::npos);
  CHECK(refusal(R"({"format":"weir-bench","version":2})").find("newer weir") != std::string::npos);
  CHECK(refusal(R"({"format":"weir-bench","version":1,"parts":1})").find("no target") != std::string::npos);
  CHECK(refusal(std::string(bench_record::longest_text + 1, ' ')).find("64 MiB") != std::string::npos);
  CHECK(refusal(with(R"("windows":{"count":2,"meant":[0,-1]})")).find("windows.meant[1] is not a count") !=
        std::string::npos);
  CHECK(refusal(with(R"("windows":{"count":1,"target":[1]})")).find("a target that there is not") != std::string::npos);
  CHECK(refusal(with(R"("windows":{"count":2,"begin_ns":[5,4]})")).find("order of time") != std::string::npos);
  CHECK(refusal(with(R"("windows":{"count":1,"ttft":[[1]]})")).find("windows.ttft[0]") != std::string::npos);
  CHECK(refusal(with(R"("windows":{"count":1,"ttft":[[9000,1]]})")).find("windows.ttft[0]") != std::string::npos);
  CHECK(refusal(with(R"("windows":{"count":2,"meant":[1]})")).find("as many values as there are windows") !=
        std::string::npos);
  CHECK(refusal(with(R"("windows":{"count":1,"health.cpu":["x"]})")).find("windows.health.cpu[0]") !=
        std::string::npos);
  CHECK(refusal(with(R"("windows":{"count":100001})")).find("windows.count") != std::string::npos);
  CHECK(refusal(with(R"("length_ns":9223372036854775807)")).find("length_ns") != std::string::npos);
  CHECK(refusal(with(R"("offered":1e300)")).find("offered") != std::string::npos);
  CHECK(refusal(with(R"("offered":-1)")).find("offered") != std::string::npos);
  CHECK(refusal(with(R"("command":1)")).find("command is not a text") != std::string::npos);
  CHECK(refusal(with(R"("objectives":[{"metric":"speed","at_most_ns":1}])")).find("objectives[0]") !=
        std::string::npos);
  CHECK(refusal(with(R"("origins":[{"part":2}])")).find("part") != std::string::npos);
  CHECK(refusal(with(R"("comparisons":[{"first":7}])")).find("compares") != std::string::npos);
  CHECK(refusal(with(R"("peak":{"probes":[{}]})")).find("probe") != std::string::npos);
  CHECK(refusal(with(R"("floor":{"all":{"times":{"ttft":"HISTFxx"}}})")).find("floor.all.times.ttft") !=
        std::string::npos);
  CHECK(refusal(R"({"format":"weir-bench","version":1,"parts":1,"targets":[{"all":{"calls":1,"complete":2}}]})")
            .find("more calls are complete") != std::string::npos);
  CHECK(refusal(R"({"format":"weir-bench","version":1,"parts":1,"targets":[{"limits":{"a\u001b[31m\n":1}}]})") ==
        "not a benchmark's result that weir reads: targets[0].limits.a?[31m? is not a text");
  std::string many = R"({"format":"weir-bench","version":1,"parts":1,"targets":[{})";
  for (int i = 0; i < 40; ++i)
    many += ",{}";
  CHECK(refusal(many + "]}").find("at most 32 targets") != std::string::npos);
}

TEST_CASE("whatever is cut or changed in a text, it is a result or refused") {
  const auto text = to_json(incomplete_record());
  random_source random(11);
  for (std::size_t i = 0; i < 60; ++i)
    CHECK_FALSE(refusal(std::string_view(text).substr(0, random.below(text.size()))).empty());
  for (std::size_t i = 0; i < 300; ++i) {
    auto changed = text;
    for (auto n = 1 + random.below(4); n > 0; --n)
      changed[random.below(changed.size())] = static_cast<char>("0123456789-,:\"{}[]ex"[random.below(20)]);
    try {
      const auto r = read_bench_result(changed);
      CHECK_FALSE(r.verdict().empty());
      if (i % 30 == 0)
        CHECK(r.html().size() > 1000);
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_argument);
    }
  }
}
