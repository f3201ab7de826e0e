#include "batch/report/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "batch/report/numbers.hpp"
#include "codec/json/json.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

batch_failure_kind kind(std::string code, std::uint64_t count, std::string id, std::string example) {
  batch_failure_kind k;
  k.code = std::move(code);
  k.count = count;
  k.example_id = std::move(id);
  k.example = std::move(example);
  return k;
}

batch_report half_way() {
  batch_report p;
  p.total = 20'000;
  p.read = 8'500;
  p.done = 8'412;
  p.in_flight = 64;
  p.outcomes[static_cast<std::size_t>(outcome::complete)] = 8'381;
  p.outcomes[static_cast<std::size_t>(outcome::length)] = 11;
  p.outcomes[static_cast<std::size_t>(outcome::failed)] = 20;
  p.failures = {kind("rate_limited", 20, "rows.csv:17", "the provider asks for a slower pace: \"slow down\""),
                kind("length", 11, "rows.csv:4012", "the answer was cut off at the limit of tokens: allow more")};
  p.calls = 8'412;
  p.attempts = 8'700;
  p.input_tokens = 4'812'113;
  p.cached_tokens = 1'204'000;
  p.output_tokens = 912'331;
  p.cost["USD"] = *money::parse("1.2345");
  p.elapsed = 71s;
  p.calls_per_s = 118.4;
  p.output_tokens_per_s = 9'214;
  p.left = 98s;
  return p;
}

batch_report whole() {
  auto r = half_way();
  r.total = r.read = r.done = 8'412;
  r.in_flight = 0;
  r.took = {1234ms, 2100ms, 2600ms, 4800ms};
  r.first_token = {220ms, 400ms, 510ms, 1200ms};
  r.slowest = {{"rows.csv:99", 12s}, {"rows.csv:7", 9s}};
  return r;
}

std::size_t width(const std::string& s) {
  return static_cast<std::size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

report_places places() {
  return report_places().output("out.csv").failures("failures.jsonl").journal("out.csv.journal");
}

} // namespace

TEST_CASE("the line of a terminal tells how far, how fast, how dear, how long, and what fails") {
  CHECK(progress_line(half_way(), held_by::rate_limit, 160, false) ==
        "[###########.................]  42%  8,412/20,000  118/s  9.2k tok/s  $1.23  1 m 38 s left  31 failed "
        "(rate_limited 20, length 11)  limited by your rate limit");
  CHECK(progress_line(half_way(), held_by::nothing, 80, false) ==
        "[##.....]  42%  8,412/20,000  118/s  9.2k tok/s  $1.23  1 m 38 s left  31 failed");
  CHECK(progress_line(half_way(), held_by::concurrency, 81, false) ==
        "42%  8,412/20,000  118/s  $1.23  1 m 38 s left  31 failed  limited by concurrency");
  CHECK(progress_line(half_way(), held_by::concurrency, 80, false) ==
        "42%  8,412/20,000  $1.23  1 m 38 s left  31 failed  limited by concurrency");
  CHECK(progress_line(half_way(), held_by::provider, 40, false) == "42%  8,412/20,000  1 m 38 s left");
  CHECK(progress_line(half_way(), held_by::provider, 28, false) == "[##.....]  42%  8,412/20,000");
  CHECK(progress_line(half_way(), held_by::provider, 14, false) == "8,412/20,000");
  CHECK(progress_line(half_way(), held_by::provider, 5, false).empty());
}

TEST_CASE("the line is never wider than the terminal") {
  auto p = half_way();
  p.again = 12;
  for (std::size_t columns = 0; columns != 200; ++columns)
    for (const bool blocks : {true, false}) {
      CHECK(width(progress_line(p, held_by::concurrency, columns, blocks)) <= columns);
      p.done = p.done * 7919 % 20'001;
    }
}

TEST_CASE("bars grow by eighths, and are full only at the end") {
  const auto line = [](std::uint64_t done, std::uint64_t total, std::size_t columns, bool blocks) {
    batch_progress p;
    p.total = total;
    p.done = p.outcomes[0] = done;
    return progress_line(p, held_by::nothing, columns, blocks);
  };
  CHECK(line(0, 80, 18, true) == "          0%  0/80");
  CHECK(line(41, 80, 22, true) == "█████▏      51%  41/80");
  CHECK(line(40, 80, 22, true) == "█████       50%  40/80");
  CHECK(line(999, 1'000, 24, false) == "[#####.]  99%  999/1,000");
  CHECK(line(999, 999, 24, false) == "[#######]  100%  999/999");
  CHECK(line(0, 0, 30, false) == "[#################]  100%  0/0");
}

TEST_CASE("without a total there is no bar") {
  auto p = half_way();
  p.total.reset();
  p.left.reset();
  CHECK(progress_line(p, held_by::input, 200) == "8,412 done  118/s  9.2k tok/s  $1.23  31 failed (rate_limited 20, "
                                                 "length 11)  limited by the input");
}

TEST_CASE("a log gets a sentence") {
  CHECK(progress_sentence(half_way(), held_by::provider) ==
        "8,412 of 20,000 done (42%), 31 failed (rate_limited 20, length 11), 118 requests/s, 9.2k tokens/s, $1.23 "
        "spent, about 1 m 38 s left; limited by the provider's rate limit");
  CHECK(progress_sentence(batch_progress(), held_by::nothing) == "0 done, 0 requests/s");
}

TEST_CASE("what a job waits for is told with its time") {
  auto p = half_way();
  const auto told = [&p](const hold& h) {
    const auto all = progress_sentence(p, h);
    const auto at = all.find("; ");
    return at == all.npos ? std::string() : all.substr(at + 2);
  };
  hold limit(held_by::provider);
  limit.left = 20min;
  limit.until = "14:05";
  CHECK(told(limit) == "waiting for the provider's rate limit until 14:05");
  limit.left = 40s;
  CHECK(told(limit) == "waiting for the provider's rate limit for another 40 s");
  hold own(held_by::rate_limit);
  own.left = 20min;
  own.until = "14:05";
  CHECK(told(own) == "waiting for your rate limit until 14:05");
  hold budget(held_by::budget);
  budget.left = 5min;
  budget.until = "23:59";
  CHECK(told(budget) == "waiting for the budget until 23:59");
  hold down(held_by::outage);
  CHECK(told(down) == "provider down");
  down.since = 200s;
  down.left = 12s;
  down.what = "no first token in time";
  CHECK(told(down) == "provider down for 3 m 20 s (no first token in time), next try in 12 s");
  CHECK(progress_json(p, down).ends_with(R"("held_by":"outage","held_since_s":200.0,"held_for_s":12.0})"));
  hold silent(held_by::answers);
  silent.since = 40s;
  CHECK(told(silent) == "no answer for 40 s");
  CHECK(told(held_by::end) == "waiting for the last 64 answers");
  p.in_flight = 1;
  CHECK(told(held_by::end) == "waiting for the last 1 answer");
  CHECK(told(held_by::nothing).empty());
}

TEST_CASE("programs get the same as JSON") {
  CHECK(progress_json(half_way(), held_by::rate_limit) ==
        R"({"total":20000,"read":8500,"in_flight":64,"again":0,"done":8412,"succeeded":8381,"failed":31,)"
        R"("restored":0,"repeated":0,"cached":0,"outcomes":{"complete":8381,"length":11,"filtered":0,)"
        R"("in_band_error":0,"truncated":0,"stalled":0,"cancelled":0,"deadline":0,"failed":20},"failures":[)"
        R"({"code":"rate_limited","count":20,"example":"the provider asks for a slower pace: \"slow down\"",)"
        R"("example_id":"rows.csv:17"},{"code":"length","count":11,"example":)"
        R"("the answer was cut off at the limit of tokens: allow more","example_id":"rows.csv:4012"}],"calls":8412,)"
        R"("attempts":8700,"input_tokens":4812113,"cached_tokens":1204000,"output_tokens":912331,)"
        R"("cost":{"USD":"1.2345"},"cost_estimated":false,"unpriced":0,"elapsed_s":71.0,"calls_per_s":118.4,)"
        R"("output_tokens_per_s":9214.0,"left_s":98.0,"held_by":"rate_limit"})");
  const auto text = report_json(whole(), places());
  error_code ec;
  const auto v = codec::parse_json(text, ec);
  REQUIRE(!ec);
  CHECK(codec::bool_at(v, "complete") == true);
  CHECK(text.find(R"("stopped":null)") != text.npos);
  CHECK(text.ends_with(
      R"("spent_before":{},"latency_s":{"p50":1.234,"p90":2.1,"p95":2.6,"p99":4.8},"first_token_s":{"p50":0.22,)"
      R"("p90":0.4,"p95":0.51,"p99":1.2},"slowest":[{"id":"rows.csv:99","took_s":12.0},)"
      R"({"id":"rows.csv:7","took_s":9.0}],"output":"out.csv","failures_file":"failures.jsonl",)"
      R"("journal":"out.csv.journal"})"));
}

TEST_CASE("the report says what became of everything, and what to do next") {
  CHECK(report_text(whole(), places()) ==
        "items        8,412: 8,381 complete, 11 cut off by the token limit, 20 failed\n"
        "requests     8,412 (8,700 attempts) in 1 m 11 s, 118/s\n"
        "tokens       4,812,113 in (1,204,000 cached), 912,331 out\n"
        "cost         $1.23\n"
        "latency      p50 1.23 s  p90 2.10 s  p95 2.60 s  p99 4.80 s\n"
        "first token  p50 220 ms  p90 400 ms  p95 510 ms  p99 1.20 s\n"
        "slowest      rows.csv:99 12.0 s, rows.csv:7 9.00 s\n"
        "errors       20 × rate_limited, such as rows.csv:17: the provider asks for a slower pace: \"slow down\"\n"
        "             11 × length, such as rows.csv:4012: the answer was cut off at the limit of tokens: allow more\n"
        "output       out.csv\n"
        "failures     failures.jsonl\n"
        "journal      out.csv.journal\n"
        "To retry the 31 items without a complete answer, use failures.jsonl as the input.\n");
}

TEST_CASE("a report tells what this run has cost, and all of them where others have cost something") {
  const auto cost = [](const batch_report& r, report_places::amounts before) {
    const auto text = report_text(r, places().spent_before(std::move(before)));
    const auto at = text.find("cost ");
    return at == text.npos ? std::string() : text.substr(at + 13, text.find('\n', at) - at - 13);
  };
  const auto dollars = [](const char* amount) { return report_places::amounts{{"USD", *money::parse(amount)}}; };
  auto r = whole();
  CHECK(cost(r, {}) == "$1.23");
  CHECK(cost(r, dollars("0")) == "$1.23");
  CHECK(cost(r, dollars("2")) == "$1.23 in this run, $3.23 in all");
  CHECK(cost(r, {{"EUR", *money::parse("2")}}) == "$1.23 in this run, EUR 2.00 + $1.23 in all");
  r.unpriced = 2;
  CHECK(cost(r, dollars("2")) == "$1.23+? in this run, $3.23 in all; without 2 answers of unknown price");
  r.cost.clear();
  CHECK(cost(r, dollars("2")) == "unknown: no price is known for the model; $2.00 in earlier runs");
  r.calls = 0;
  CHECK(cost(r, {}).empty());
  CHECK(cost(r, dollars("2")) == "nothing in this run, $2.00 in earlier runs");
  CHECK(report_json(r, places().spent_before(dollars("2"))).find(R"("spent_before":{"USD":"2"})") != std::string::npos);
}

TEST_CASE("a report of a job that was stopped says so first, and how to continue last") {
  auto r = half_way();
  r.stopped = "interrupted";
  r.restored = 4'000;
  r.repeated = 1;
  r.cached = 20;
  r.cost_estimated = true;
  r.unpriced = 1;
  const auto text = report_text(r, places());
  CHECK(text.starts_with("Stopped: interrupted\n"
                         "items        20,000: 8,381 complete, 11 cut off by the token limit, 20 failed, 11,588 "
                         "not done yet\n"
                         "of these     4,000 from an earlier run, 1 answered by an identical request, 20 from the "
                         "response cache\n"));
  CHECK(text.find("cost         ~$1.23+?, estimated in part; without 1 answer of unknown price\n") != text.npos);
  CHECK(text.ends_with("\nRun the same command again to continue: nothing that is done is sent again.\n"));
}

TEST_CASE("a report leaves out what is said elsewhere, and what would not help") {
  auto r = half_way();
  r.stopped = "the item has changed";
  const auto text = report_text(r, places().says_why(false).can_continue(false));
  CHECK(text.starts_with("items  "));
  CHECK(text.find("again") == text.npos);
}

TEST_CASE("an example names its place once") {
  auto r = half_way();
  r.failures.resize(1);
  r.failures[0].example_id = "rows.csv:7";
  r.failures[0].example = "rows.csv:7: the row is empty";
  const auto text = report_text(r, places());
  CHECK(text.find("such as rows.csv:7: the row is empty") != text.npos);
}

TEST_CASE("failed attempts that cost nothing do not make answers of unknown price cheap") {
  batch_progress p;
  p.cost["USD"] = money();
  p.unpriced = 3;
  CHECK(spent_text(p).empty());
  p.unpriced = 0;
  CHECK(!spent_text(p).empty());
}

TEST_CASE("a report of a job without failures, or without anything, is short") {
  batch_report r;
  r.total = r.read = r.done = 3;
  r.outcomes[0] = 3;
  r.restored = 3;
  CHECK(report_text(r, report_places().output("out.csv").failures("f.jsonl")) == "items        3: 3 complete\n"
                                                                                 "of these     3 from an earlier run\n"
                                                                                 "output       out.csv\n");
  CHECK(report_text(batch_report(), report_places()) == "items        0\n");
  r.outcomes[0] = 2;
  r.outcomes[8] = 1;
  CHECK(report_text(r, places().asks_failures_again(true))
            .ends_with("Run the same command again to retry the 1 item without a complete answer.\n"));
}

TEST_CASE("what others say cannot control the terminal that a report is on") {
  auto r = whole();
  r.failures[0].example = "\x1b[2J\nbad\xff";
  r.failures[0].example_id = "\x1b]0;x";
  r.slowest[0].first = "a\nb";
  const auto text = report_text(r, places());
  CHECK(text.find('\x1b') == text.npos);
  CHECK(text.find("such as ?]0;x: ?[2J?bad?\n") != text.npos);
  CHECK(text.find("a?b 12.0 s") != text.npos);
}

TEST_CASE("numbers are short and never round to more digits") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1'000) == "1,000");
  CHECK(grouped(18'446'744'073'709'551'615u) == "18,446,744,073,709,551,615");
  CHECK(short_number(0) == "0");
  CHECK(short_number(0.4242) == "0.42");
  CHECK(short_number(0.996) == "1.0");
  CHECK(short_number(9.94) == "9.9");
  CHECK(short_number(9.96) == "10");
  CHECK(short_number(999.4) == "999");
  CHECK(short_number(999.6) == "1.0k");
  CHECK(short_number(123'456) == "123k");
  CHECK(short_number(999'600) == "1.0M");
  CHECK(time_left(0s) == "0 s");
  CHECK(time_left(59'600ms) == "1 m 00 s");
  CHECK(time_left(3599s) == "59 m 59 s");
  CHECK(time_left(2h + 5min + 59s) == "2 h 05 m");
  CHECK(time_left(76h) == "3 d 04 h");
}

TEST_CASE("money is summed by currency, with marks for what is not exact") {
  batch_progress p;
  CHECK(spent_text(p).empty());
  p.cost["EUR"] = *money::parse("0.5");
  p.cost["USD"] = *money::parse("0.0012345");
  CHECK(spent_text(p) == "EUR 0.50 + $0.0012");
  p.cost_estimated = true;
  p.unpriced = 3;
  CHECK(spent_text(p) == "~EUR 0.50 + $0.0012+?");
}
