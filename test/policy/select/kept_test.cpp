// Calls of one conversation stay at one target, so that its prompt cache is not thrown away.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

#include "core/stable_hash.hpp"
#include "policy/select/balance_core.hpp"

using namespace std::chrono_literals;
using namespace weir;
using verdict = balance_core::verdict;

namespace {

const time_point start{std::chrono::hours(1000)};
constexpr std::size_t conversations = 20000;

std::uint64_t key_of(std::size_t n) { return stable_hash("conversation-" + std::to_string(n)); }

std::size_t where(balance_core& core, std::size_t n, time_point now = start) {
  const auto at = core.pick_kept(now, key_of(n), {});
  core.ended(at, verdict::none, now);
  return at;
}

std::vector<std::size_t> all_places(balance_core& core, time_point now = start) {
  std::vector<std::size_t> all;
  for (std::size_t n = 0; n < conversations; ++n)
    all.push_back(where(core, n, now));
  return all;
}

void fail(balance_core& core, std::size_t target, int times, time_point at) {
  for (int i = 0; i < times; ++i)
    core.ended(target, verdict::bad, at);
}

routing weighted() { return routing().add(target("a/m"), 5).add(target("b/m"), 3).add(target("c/m"), 2); }

} // namespace

TEST_CASE("conversations are spread in proportion to the weights, whatever the strategy") {
  for (const auto by :
       {routing::strategy::weighted, routing::strategy::least_in_flight, routing::strategy::p2c_peak_ewma}) {
    balance_core core(weighted().by(by));
    const auto all = all_places(core);
    const auto at = [&all](std::size_t t) { return double(std::count(all.begin(), all.end(), t)) / conversations; };
    CHECK(at(0) == doctest::Approx(0.5).epsilon(0.03));
    CHECK(at(1) == doctest::Approx(0.3).epsilon(0.03));
    CHECK(at(2) == doctest::Approx(0.2).epsilon(0.03));
  }
}

TEST_CASE("the same id is at the same target, in every process and however busy or slow that is") {
  balance_core one(weighted()), another(weighted());
  std::mt19937 random(7);
  for (std::size_t n = 0; n < 1000; ++n) {
    const auto at = where(one, n);
    another.first_token(at, 5s, start);
    another.pick(start, 0.3, 0.7);
    CHECK(where(another, n, start + std::chrono::seconds(random() % 100)) == at);
  }
}

TEST_CASE("the order of the targets does not matter, and a new one takes only its own share") {
  balance_core before(routing().add(target("a/m")).add(target("b/m")).add(target("c/m")));
  balance_core turned(routing().add(target("c/m")).add(target("a/m")).add(target("b/m")));
  balance_core more(routing().add(target("a/m")).add(target("b/m")).add(target("c/m")).add(target("d/m")));
  const std::size_t back[] = {2, 0, 1};
  std::size_t moved = 0;
  for (std::size_t n = 0; n < conversations; ++n) {
    const auto at = where(before, n);
    CHECK(back[where(turned, n)] == at);
    const auto then = where(more, n);
    CHECK((then == at || then == 3));
    moved += then != at;
  }
  CHECK(double(moved) / conversations == doctest::Approx(0.25).epsilon(0.04));
}

TEST_CASE("a few failures move nothing, and of a target that is down only its own conversations move") {
  balance_core core(weighted());
  const auto before = all_places(core);
  fail(core, 1, 2, start);
  CHECK(all_places(core) == before);
  fail(core, 1, 6, start);
  const auto down = all_places(core);
  std::size_t left = 0;
  for (std::size_t n = 0; n < conversations; ++n) {
    if (before[n] != 1)
      CHECK(down[n] == before[n]);
    left += down[n] == 1;
  }
  CHECK(double(left) / conversations < 0.01);
}

TEST_CASE("conversations return to a target that recovers, each of them once") {
  balance_core core(weighted());
  const auto before = all_places(core);
  fail(core, 0, 5, start);
  auto last = all_places(core);
  auto now = start + 1min;
  core.ended(0, verdict::good, now);
  last = all_places(core, now);
  std::vector<int> moves(conversations);
  std::size_t halfway = 0;
  for (int second = 1; second <= 31; ++second) {
    const auto next = all_places(core, now + second * 1s);
    for (std::size_t n = 0; n < conversations; ++n)
      moves[n] += next[n] != last[n];
    last = next;
    if (second == 15)
      halfway = static_cast<std::size_t>(std::count(next.begin(), next.end(), 0));
  }
  CHECK(last == before);
  CHECK(*std::max_element(moves.begin(), moves.end()) == 1);
  CHECK(halfway > conversations / 5);
  CHECK(halfway < conversations / 2);
}

TEST_CASE("where its target cannot be called, a conversation has one next target too") {
  balance_core core(weighted());
  std::map<std::size_t, std::size_t> next_of_first;
  for (std::size_t n = 0; n < conversations; ++n) {
    const auto first = where(core, n);
    const auto second = core.pick_kept(start, key_of(n), {first});
    CHECK(second != first);
    CHECK(core.pick_kept(start, key_of(n), {first}) == second);
    const auto third = core.pick_kept(start, key_of(n), {first, second});
    CHECK(third == 3 - first - second);
    for (const auto t : {second, second, third})
      core.ended(t, verdict::none, start);
    if (first == 0)
      ++next_of_first[second];
  }
  CHECK(double(next_of_first[1]) / double(next_of_first[1] + next_of_first[2]) == doctest::Approx(0.6).epsilon(0.04));
  for (std::size_t t = 0; t < 3; ++t)
    CHECK(core.state(t, start).in_flight == 0);
}
