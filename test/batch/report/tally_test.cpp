#include "batch/report/tally.hpp"

#include <doctest/doctest.h>

using namespace weir;
using namespace std::chrono_literals;

namespace {

const time_point begin(1000s);

batch_result answer(std::string id, duration took = 1s) {
  batch_result r;
  r.id = std::move(id);
  r.outcome = outcome::complete;
  r.took = took;
  r.first_token = took / 4;
  r.calls = 1;
  r.attempts = 2;
  r.usage.prompt_tokens = 100;
  r.usage.cached_tokens = 40;
  r.usage.completion_tokens = 20;
  r.cost = money::parse("0.01");
  r.currency = "USD";
  return r;
}

batch_result problem(std::string id, errc code, std::string message = "no") {
  batch_result r;
  r.id = std::move(id);
  r.failure = failure(code, std::move(message));
  r.calls = r.attempts = 1;
  return r;
}

void ask(batch_tally& t, const batch_result& r, time_point now) {
  t.read();
  t.started();
  t.called(r, now);
  t.done(r, now);
}

} // namespace

TEST_CASE("every item is in one state, and sums are over calls") {
  batch_tally t(begin);
  t.total(10);
  for (int i = 0; i != 4; ++i)
    t.read();
  t.started();
  t.started();
  auto p = t.progress(begin + 1s);
  CHECK(p.total == 10);
  CHECK(p.read == 4);
  CHECK(p.in_flight == 2);
  t.called(problem("a", errc::overloaded), begin + 1s);
  t.again();
  t.called(answer("b"), begin + 2s);
  t.done(answer("b"), begin + 2s);
  p = t.progress(begin + 2s);
  CHECK(p.in_flight == 0);
  CHECK(p.again == 1);
  CHECK(p.done == 1);
  CHECK(p.calls == 2);
  t.restarted();
  t.called(answer("a"), begin + 3s);
  t.done(answer("a"), begin + 3s);
  t.started();
  t.given_up();
  p = t.progress(begin + 3s);
  CHECK(p.again == 0);
  CHECK(p.in_flight == 0);
  CHECK(p.done == 2);
  CHECK(p.succeeded() == 2);
  CHECK(p.failed() == 0);
  CHECK(p.calls == 3);
  CHECK(p.attempts == 5);
  CHECK(p.input_tokens == 200);
  CHECK(p.cached_tokens == 80);
  CHECK(p.output_tokens == 40);
  CHECK(p.cost.at("USD").text() == "0.02");
  CHECK(p.unpriced == 0);
  CHECK(p.failures.empty()); // the failure was not final
}

TEST_CASE("results of earlier runs, of equal items and of the cache cost nothing") {
  batch_tally t(begin);
  auto old = answer("a");
  old.restored = true;
  t.done_at_once(old);
  auto same = answer("b");
  same.same_as = "a";
  t.done_at_once(same);
  auto cached = answer("c");
  cached.cache_hit = true;
  cached.cost.reset();
  ask(t, cached, begin);
  const auto p = t.progress(begin + 1s);
  CHECK(p.done == 3);
  CHECK(p.restored == 1);
  CHECK(p.repeated == 1);
  CHECK(p.cached == 1);
  CHECK(p.calls == 1);
  CHECK(p.cost.empty());
  CHECK(p.unpriced == 0);
  CHECK(p.input_tokens == 0);
  CHECK(t.report(begin + 1s, "").took[0] == duration());
}

TEST_CASE("answers of unknown price are counted, refusals are not") {
  batch_tally t(begin);
  auto r = answer("a");
  r.cost.reset();
  ask(t, r, begin);
  ask(t, problem("b", errc::rate_limited), begin);
  auto guessed = answer("c");
  guessed.cost_estimated = true;
  ask(t, guessed, begin);
  CHECK(t.progress(begin).unpriced == 1);
  CHECK(t.progress(begin).cost_estimated);
}

TEST_CASE("failures are counted by kind, most frequent first, with the first as the example") {
  batch_tally t(begin);
  ask(t, problem("a", errc::rate_limited, "first"), begin);
  ask(t, problem("b", errc::bad_request), begin);
  ask(t, problem("c", errc::bad_request), begin);
  auto cut = answer("d");
  cut.outcome = outcome::length;
  ask(t, cut, begin);
  t.done_at_once(problem("e", errc::bad_request, std::string(2000, 'x')));
  const auto p = t.progress(begin);
  CHECK(p.failed() == 5);
  REQUIRE(p.failures.size() == 3);
  CHECK(p.failures[0].code == "bad_request");
  CHECK(p.failures[0].count == 3);
  CHECK(p.failures[0].example_id == "b");
  CHECK(p.failures[1].code == "length");
  CHECK(p.failures[2].example == "first");
}

TEST_CASE("at most 20 kinds of failures are told, with examples of bounded length") {
  batch_tally t(begin);
  for (const auto code : {1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23, 24, 25, 26, 27, 28, 40, 41, 42, 43, 44, 45, 46, 47, 60})
    ask(t, problem("x", static_cast<errc>(code), std::string(499, 'x') + "é and more"), begin);
  const auto p = t.progress(begin);
  CHECK(p.failures.size() == 20);
  CHECK(p.failures[0].example == std::string(499, 'x') + "…");
}

TEST_CASE("rates are those of the last ten seconds, or since the beginning") {
  batch_tally t(begin);
  CHECK(t.progress(begin).calls_per_s == 0);
  for (int i = 0; i != 40; ++i)
    ask(t, answer("a"), begin + 1s);
  CHECK(t.progress(begin + 2s).calls_per_s == 20);
  CHECK(t.progress(begin + 2s).output_tokens_per_s == 400);
  CHECK(t.progress(begin + 8s).calls_per_s == 5);
  CHECK(t.progress(begin + 12s).calls_per_s == 0);
  CHECK(t.progress(begin + 12s).elapsed == 12s);
}

TEST_CASE("the time left follows the items that are done, not those that were there") {
  batch_tally t(begin);
  auto old = answer("old");
  old.restored = true;
  for (int i = 0; i != 50; ++i)
    t.done_at_once(old);
  CHECK(!t.progress(begin + 1s).left);
  t.total(150);
  CHECK(!t.progress(begin + 1s).left); // nothing to tell it by
  for (int i = 0; i != 20; ++i)
    ask(t, answer("a"), begin + 1s + i * 500ms);
  CHECK(t.progress(begin + 10500ms).left == 40s); // 80 at 2/s
  // Too few of late: the average of the whole run.
  CHECK(t.progress(begin + 100s).left == 400s);
  for (int i = 0; i != 80; ++i)
    ask(t, answer("a"), begin + 100s);
  CHECK(t.progress(begin + 100s).left == duration());
}

TEST_CASE("a report has quantiles and the five slowest items") {
  batch_tally t(begin);
  for (int i = 1; i <= 100; ++i)
    ask(t, answer("i" + std::to_string(i), i * 100ms), begin);
  t.called(answer("i3", 20s), begin); // asked again, slower
  ask(t, problem("bad", errc::overloaded), begin);
  const auto r = t.report(begin + 1s, "stopped by you");
  CHECK(!r.complete());
  CHECK(r.stopped == "stopped by you");
  CHECK(r.took[0].count() == doctest::Approx(5.1e9).epsilon(0.01));
  CHECK(r.took[1].count() == doctest::Approx(9.1e9).epsilon(0.01));
  CHECK(r.took[3].count() == doctest::Approx(10e9).epsilon(0.01));
  CHECK(r.first_token[0].count() == doctest::Approx(5.1e9 / 4).epsilon(0.01));
  REQUIRE(r.slowest.size() == 5);
  CHECK(r.slowest[0].first == "i3");
  CHECK(r.slowest[0].second == 20s);
  CHECK(r.slowest[1].first == "i100");
  CHECK(r.slowest[4].first == "i97");
}
