#include <weir/cost/budget.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <weir/core/error.hpp>

#include "cost/random_seed.hpp"

using namespace std::chrono;
using weir::budget;
using weir::budget_event;
using weir::budget_refusal;
using weir::budget_state;
using weir::budgets;
using weir::money;
using weir::reservation;
using weir::spend_part;
using weir::spend_subject;

namespace {

using time_type = budgets::time;

const time_type noon = sys_days(year(2026) / 11 / 28) + hours(12);

money units(std::int64_t n) { return money::from_pico(money::pico_count(n) * 1'000'000'000'000); }

spend_subject by_key(std::string name) {
  return spend_subject().key(std::move(name)).provider("groq").model("llama-3");
}

std::vector<budget> list(budget a) {
  std::vector<budget> all;
  all.push_back(std::move(a));
  return all;
}
std::vector<budget> list(budget a, budget b) {
  auto all = list(std::move(a));
  all.push_back(std::move(b));
  return all;
}

std::string why_invalid(budget b) {
  try {
    budgets all(list(std::move(b)));
  } catch (const weir::error& e) {
    CHECK(e.code() == weir::errc::invalid_configuration);
    return e.failure().message();
  }
  return "";
}

// The state of one group; an empty one if there is nothing.
budget_state state_of(const budgets& all, const std::string& name, const std::string& group, time_type now) {
  for (auto& s : all.state(now))
    if (s.budget == name && s.group == group)
      return s;
  return {};
}

} // namespace

TEST_CASE("wrong settings are refused by the name of the budget and the field") {
  CHECK(why_invalid(budget("b").max_cost(units(1))) == "");
  CHECK(why_invalid(budget().max_cost(units(1))).find("budgets.0.name: ") == 0);
  CHECK(why_invalid(budget("b")).find("budgets.b.max_cost: ") == 0);
  CHECK(why_invalid(budget("b").max_cost(money())).find("budgets.b.max_cost: ") == 0);
  CHECK(why_invalid(budget("b").max_cost(-units(1))).find("budgets.b.max_cost: ") == 0);
  CHECK(why_invalid(budget("b").max_tokens(0)).find("budgets.b.max_tokens: ") == 0);
  CHECK(why_invalid(budget("b").max_tokens(1).calendar("Nowhere/Town")).find("budgets.b.zone: ") == 0);
  CHECK(why_invalid(budget("b").max_tokens(1).model("*-mini")).find("budgets.b.model: ") == 0);
  CHECK(why_invalid(budget("b").max_tokens(1).tag("", "x")).find("budgets.b.tag: ") == 0);
  CHECK(why_invalid(budget("b").max_tokens(1).each_tag("")).find("budgets.b.each_tag: ") == 0);
  CHECK(why_invalid(budget("b").max_tokens(1).each(spend_part::key).each(spend_part::key)).find("budgets.b.each: ") ==
        0);
  CHECK(why_invalid(budget("b").max_tokens(1).soft(1.5)).find("budgets.b.soft: ") == 0);
  CHECK(why_invalid(budget("b").max_tokens(1).soft(0.0 / 0.0)).find("budgets.b.soft: ") == 0);
  CHECK(why_invalid(budget("b").max_tokens(1).max_groups(0)).find("budgets.b.max_groups: ") == 0);
  CHECK_THROWS_AS(budgets(list(budget("b").max_tokens(1), budget("b").max_tokens(2))), weir::error);
}

TEST_CASE("a call takes room in all budgets that apply, or in none") {
  budgets all(
      list(budget("all").max_cost(units(10)).per_day(), budget("small").max_tokens(100).per_hour().model("llama*")));
  auto first = all.reserve(by_key("a"), units(4), 60, noon);
  REQUIRE(first);
  const auto second = all.reserve(by_key("a"), units(4), 60, noon);
  REQUIRE(!second);
  CHECK(second.refusal()->state.budget == "small");
  CHECK(second.refusal()->why == budget_refusal::reason::tokens);
  CHECK(second.refusal()->state.tokens_left() == 40);
  CHECK(second.refusal()->retry_at == noon + 1h);
  CHECK(state_of(all, "all", "", noon).cost_reserved == units(4));
  CHECK(state_of(all, "small", "", noon).refused == 1);
  // Another model is not counted there.
  CHECK(all.reserve(spend_subject().model("gpt-5"), units(4), 60, noon));
  CHECK(state_of(all, "all", "", noon).cost_spent == units(4)); // dropped, so kept
  first.release();
  CHECK(state_of(all, "small", "", noon).tokens_reserved == 0);
}

TEST_CASE("the refusal tells which budget, what is left, and when there is room again") {
  budgets all(list(budget("team").max_cost(units(50)).per_month().calendar("+01:00").each_tag("team")));
  const auto who = spend_subject().tag("team", "search");
  auto most = all.reserve(who, units(49), 0, noon);
  const auto r = all.reserve(who, units(2), 0, noon);
  REQUIRE(!r);
  CHECK(r.refusal()->message() ==
        "budget 'team' (tag team=search): 1 left of 50, this call may take 2; room again at 2026-12-01 00:00 +01:00");
  const auto never = all.reserve(who, units(51), 0, noon);
  CHECK(!never.refusal()->retry_at);
  CHECK(never.refusal()->message().ends_with("this call may take 51, more than the whole budget"));
  most.release();
}

TEST_CASE("of several budgets without room, the one whose room comes last is told") {
  budgets all(list(budget("day").max_tokens(10).per_day(), budget("hour").max_tokens(10).per_hour()));
  auto r = all.reserve(by_key("a"), units(1), 10, noon);
  const auto refused = all.reserve(by_key("a"), units(1), 1, noon);
  CHECK(refused.refusal()->state.budget == "day");
  CHECK(state_of(all, "hour", "", noon).refused == 1);
  r.release();
}

TEST_CASE("settling counts what was used, fully, and tells how much more it was than reserved") {
  budgets all(list(budget("b").max_cost(units(10)).max_tokens(1000)));
  auto r = all.reserve(by_key("a"), units(4), 100, noon);
  CHECK(!r.settle(units(1), 40, noon));
  CHECK(state_of(all, "b", "", noon).cost_spent == units(1));
  CHECK(state_of(all, "b", "", noon).tokens_spent == 40);
  CHECK(!r.settle(units(9), 900, noon)); // it has ended
  CHECK(state_of(all, "b", "", noon).cost_spent == units(1));

  auto more = all.reserve(by_key("a"), units(4), 100, noon);
  const auto over = more.settle(units(20), 150, noon);
  REQUIRE(over);
  CHECK(over.cost == units(16));
  CHECK(over.tokens == 50);
  CHECK(state_of(all, "b", "", noon).cost_spent == units(21));
  CHECK(state_of(all, "b", "", noon).cost_left() == money());
  CHECK(!all.reserve(by_key("a"), money::from_pico(1), 0, noon));
  CHECK(all.reserve(by_key("a"), money(), 0, noon).refusal() != nullptr); // even a free one: it is overdrawn
}

TEST_CASE("what is not known when a call ends stays as it was reserved") {
  budgets all(list(budget("b").max_cost(units(10)).max_tokens(1000)));
  auto r = all.reserve(by_key("a"), units(4), 100, noon);
  r.settle(std::nullopt, 30, noon);
  auto s = all.reserve(by_key("a"), units(1), 100, noon);
  s.settle(units(1), std::nullopt, noon);
  const auto now = state_of(all, "b", "", noon);
  CHECK(now.cost_spent == units(5));
  CHECK(now.tokens_spent == 130);
  CHECK(now.unpriced == 0);
}

TEST_CASE("a reservation that is dropped, moved over or kept stays as spent, and outlives its budgets") {
  auto all = std::make_unique<budgets>(list(budget("b").max_cost(units(10))));
  {
    const auto r = all->reserve(by_key("a"), units(1), 0, noon);
  }
  CHECK(state_of(*all, "b", "", noon).cost_spent == units(1));
  auto r = all->reserve(by_key("a"), units(1), 0, noon);
  r = all->reserve(by_key("a"), units(1), 0, noon);
  CHECK(state_of(*all, "b", "", noon).cost_spent == units(2));
  CHECK(state_of(*all, "b", "", noon).cost_reserved == units(1));
  auto moved = std::move(r);
  r.release(); // NOLINT(bugprone-use-after-move): without effect
  moved.keep(noon);
  CHECK(state_of(*all, "b", "", noon).cost_spent == units(3));
  auto last = all->reserve(by_key("a"), units(1), 0, noon);
  all.reset();
  last.settle(units(1), 1, noon);
  auto dropped = weir::reservation();
  CHECK(dropped);
}

TEST_CASE("a call without a price takes no money, is counted as unpriced, or is refused if the budget says so") {
  budgets all(list(budget("b").max_cost(units(10)).max_tokens(100)));
  auto r = all.reserve(by_key("a"), std::nullopt, 10, noon);
  REQUIRE(r);
  r.settle(std::nullopt, 12, noon);
  CHECK(state_of(all, "b", "", noon).unpriced == 1);
  CHECK(state_of(all, "b", "", noon).tokens_spent == 12);
  CHECK(state_of(all, "b", "", noon).cost_spent == money());
  auto priced = all.reserve(by_key("a"), std::nullopt, 10, noon);
  priced.settle(units(1), 10, noon);
  CHECK(state_of(all, "b", "", noon).unpriced == 1);
  CHECK(state_of(all, "b", "", noon).cost_spent == units(1));

  budgets strict(list(budget("b").max_cost(units(10)).unpriced(budget::policy::refuse)));
  const auto refused = strict.reserve(by_key("a"), std::nullopt, 10, noon);
  REQUIRE(!refused);
  CHECK(refused.refusal()->why == budget_refusal::reason::unpriced);
  CHECK(!refused.refusal()->retry_at);
  budgets tokens_only(list(budget("b").max_tokens(10).unpriced(budget::policy::refuse)));
  CHECK(tokens_only.reserve(by_key("a"), std::nullopt, 10, noon));
}

TEST_CASE("filters select by all parts that are given, and by any of a part's values") {
  budgets all(
      list(budget("b").max_tokens(1000).key("a").key("b*").provider("groq").tag("team", "x").tag("env", "prod")));
  const auto counted = [&](spend_subject who) {
    const auto before = state_of(all, "b", "", noon).tokens_spent;
    all.record(who, units(0), 1, noon, noon);
    return state_of(all, "b", "", noon).tokens_spent > before;
  };
  const auto base = spend_subject().provider("groq").tag("team", "x").tag("env", "prod");
  CHECK(counted(spend_subject(base).key("a")));
  CHECK(counted(spend_subject(base).key("bbb")));
  CHECK(!counted(spend_subject(base).key("aa")));
  CHECK(!counted(spend_subject(base).key("a").provider("openai")));
  CHECK(!counted(spend_subject().key("a").provider("groq").tag("team", "x")));
  CHECK(!counted(spend_subject().key("a").provider("groq").tag("team", "y").tag("env", "prod")));
  CHECK(counted(spend_subject(base).key("a").tag("team", "y")));
}

TEST_CASE("each group has the whole ceiling, also the one without the tag") {
  budgets all(list(budget("b").max_tokens(10).each(spend_part::key).each_tag("team")));
  CHECK(all.reserve(by_key("a").tag("team", "x"), units(0), 10, noon));
  CHECK(all.reserve(by_key("a").tag("team", "y"), units(0), 10, noon));
  CHECK(all.reserve(by_key("a"), units(0), 10, noon));
  CHECK(!all.reserve(by_key("a"), units(0), 1, noon));
  CHECK(!all.reserve(by_key("a").tag("team", "x"), units(0), 1, noon));
  CHECK(state_of(all, "b", "key=a, tag team=x", noon).tokens_spent == 10);
  CHECK(state_of(all, "b", "key=a, tag team=(none)", noon).tokens_spent == 10);
}

TEST_CASE("groups beyond the bound are counted together, until what is counted there has left the window") {
  budgets all(list(budget("b").max_tokens(10).per_hour().each(spend_part::tenant).max_groups(2)));
  const auto spend = [&](const char* tenant, std::uint64_t n, time_type at) {
    auto r = all.reserve(spend_subject().tenant(tenant), units(0), n, at);
    const bool granted = bool(r);
    r.keep(at);
    return granted;
  };
  CHECK(spend("a", 6, noon));
  CHECK(spend("b", 6, noon));
  CHECK(spend("c", 6, noon));
  CHECK(!spend("d", 6, noon));
  CHECK(state_of(all, "b", "other", noon).tokens_spent == 6);
  CHECK(spend("a", 4, noon)); // one of its own stays one
  // When all windows have passed, there is place again, and nobody has more than the ceiling.
  CHECK(spend("d", 6, noon + 1h));
  CHECK(spend("c", 6, noon + 1h));
  CHECK(all.state(noon + 1h).size() == 2);
}

TEST_CASE("a hostile name makes one line, and cannot take the place of another group") {
  budgets all(list(budget("b").max_tokens(10).each(spend_part::tenant)));
  all.record(spend_subject().tenant("a\nb\x1f\xff\"" + std::string(5000, 'x')), units(0), 1, noon, noon);
  all.record(spend_subject().tenant("\x1eother"), units(0), 1, noon, noon);
  for (const auto& s : all.state(noon)) {
    CHECK(s.group.find('\n') == std::string::npos);
    CHECK(s.group.size() < 300);
    CHECK(s.group != "other");
  }
  budgets again(list(budget("b").max_tokens(10).each(spend_part::tenant)));
  CHECK(again.load(all.save(noon), noon) == 0);
  CHECK(again.state(noon).size() == 2);
}

TEST_CASE("a soft share, a full budget and a projected overrun are told once per window, outside the lock") {
  budgets all(list(budget("b").max_cost(units(100)).per_day().soft(0.5)));
  std::vector<budget_event> told;
  all.listen([&](const budget_event& e) {
    told.push_back(e);
    CHECK(all.state(e.when).size() == 1); // the lock is free
    throw 1;
  });
  const auto spend = [&](std::int64_t n, time_type at) {
    all.reserve(by_key("a"), units(n), 1, at).settle(units(n), 1, at);
  };
  spend(40, noon);
  CHECK(told.empty());
  spend(15, noon);
  REQUIRE(told.size() == 1);
  CHECK(told[0].what == budget_event::kind::soft);
  CHECK(told[0].share == doctest::Approx(0.55));
  spend(5, noon);
  CHECK(told.size() == 1);
  spend(50, noon);
  REQUIRE(told.size() == 2);
  CHECK(told[1].what == budget_event::kind::limit);
  spend(50, noon);
  CHECK(told.size() == 2);
  spend(60, noon + 24h);
  CHECK(told.size() == 3);

  budgets fast(list(budget("b").max_cost(units(100)).per_day()));
  told.clear();
  fast.listen([&](const budget_event& e) { told.push_back(e); });
  const auto midnight = sys_days(year(2026) / 11 / 29) + hours(0);
  for (int i = 0; i < 120; ++i) { // six an hour would be 144 a day
    const auto at = midnight + i * 1min;
    fast.reserve(by_key("a"), units(0), 1, at).settle(money::from_pico(100'000'000'000), 1, at);
  }
  REQUIRE(told.size() == 1);
  CHECK(told[0].what == budget_event::kind::projected_overrun);
  CHECK(told[0].when - midnight <= 70min);
  CHECK(told[0].share == doctest::Approx(1.44).epsilon(0.1));
}

TEST_CASE("a budget that only warns lets everything through and tells it") {
  budgets all(list(budget("b").max_tokens(10).at_limit(budget::policy::warn)));
  std::size_t told = 0;
  all.listen([&](const budget_event& e) { told += e.what == budget_event::kind::limit; });
  CHECK(all.reserve(by_key("a"), units(0), 11, noon));
  CHECK(all.reserve(by_key("a"), units(0), 11, noon));
  CHECK(told == 1);
}

TEST_CASE("lines that are damaged, or of budgets that are gone, are passed over and counted") {
  budgets all(list(budget("b").max_tokens(10)));
  const std::string good = R"({"budget":"b","group":"","at_ms":1795867200000,"pico":"1","tokens":"3","unpriced":0})";
  CHECK(all.load(good + "\n\n" + good, noon) == 0);
  CHECK(state_of(all, "b", "", noon).tokens_spent == 6);
  for (std::size_t n = 1; n < good.size(); ++n)
    CHECK(all.load(good.substr(0, n), noon) == 1);
  CHECK(state_of(all, "b", "", noon).tokens_spent == 6);
  for (const char* bad :
       {"{}", "[]", "null", R"({"budget":"c","group":"","at_ms":1795867200000,"pico":"1","tokens":"3"})",
        R"({"budget":"b","group":"x","at_ms":1795867200000,"pico":"1","tokens":"3"})",
        R"({"budget":"b","group":"","at_ms":-1,"pico":"1","tokens":"3"})",
        R"({"budget":"b","group":"","at_ms":1,"pico":"-1","tokens":"3"})",
        R"({"budget":"b","group":"","at_ms":1,"pico":"1e3","tokens":"3"})",
        R"({"budget":"b","group":"","at_ms":99999999999999999999,"pico":"1","tokens":"3"})",
        R"({"budget":"\ud800","group":"","at_ms":1,"pico":"1","tokens":"3"})"}) {
    INFO(bad);
    CHECK(all.load(bad, noon) == 1);
  }
  CHECK(state_of(all, "b", "", noon).tokens_spent == 6);
}

TEST_CASE("64 callers on four threads never exceed a ceiling by one unit") {
  const auto seed = weir::test::random_seed();
  INFO(weir::test::replay_line(seed, "64 callers on four threads never exceed a ceiling by one unit"));
  budgets all(list(budget("money").max_cost(money::from_pico(1'000'000)).per_day(),
                   budget("tokens").max_tokens(100'000).per_hour().rolling().each(spend_part::key)));
  std::atomic<std::uint64_t> granted{0}, refused{0}, wrong{0};
  std::atomic<std::int64_t> spent{0};
  std::vector<std::thread> threads;
  for (unsigned n = 0; n < 4; ++n)
    threads.emplace_back([&, n] {
      std::mt19937_64 random(seed + n);
      std::vector<std::pair<reservation, std::uint64_t>> callers; // 16 a thread
      const auto end_one = [&] {
        std::swap(callers[random() % callers.size()], callers.back());
        auto [r, size] = std::move(callers.back());
        callers.pop_back();
        switch (random() % 8) {
        case 0: r.release(); break;
        case 1:
          r.keep(noon);
          spent += std::int64_t(size);
          break;
        case 2: {
          spent += std::int64_t(size);
          break; // dropped
        }
        default: {
          const auto used = random() % (size + 1);
          r.settle(money::from_pico(money::pico_count(used)), used, noon);
          spent += std::int64_t(used);
        }
        }
      };
      for (int i = 0; i < 30'000; ++i) {
        if (callers.size() == 16 || (!callers.empty() && random() % 3 == 0))
          end_one();
        const auto size = random() % 200;
        auto r =
            all.reserve(by_key(random() % 2 != 0 ? "a" : "b"), money::from_pico(money::pico_count(size)), size, noon);
        if (r) {
          ++granted;
          callers.emplace_back(std::move(r), size);
        } else {
          ++refused;
        }
        if (i % 64 == 0)
          for (const auto& s : all.state(noon))
            if ((s.max_cost && s.cost_spent + s.cost_reserved > *s.max_cost) ||
                (s.max_tokens && s.tokens_spent + s.tokens_reserved > *s.max_tokens))
              ++wrong;
      }
      while (!callers.empty())
        end_one();
    });
  for (auto& t : threads)
    t.join();
  CHECK(wrong == 0);
  CHECK(granted > 1000);
  CHECK(refused > 1000);
  const auto s = state_of(all, "money", "", noon);
  CHECK(s.cost_reserved == money());
  CHECK(s.cost_spent == money::from_pico(spent.load()));
  CHECK(s.cost_spent <= *s.max_cost);
}

TEST_CASE("a restart in the middle loses nothing, from the small file or from a ledger") {
  const auto seed = weir::test::random_seed();
  INFO(weir::test::replay_line(seed, "a restart in the middle loses nothing, from the small file or from a ledger"));
  std::mt19937_64 random(seed);
  const auto settings = [] {
    return list(budget("day").max_cost(units(20'000)).per_day().calendar("+05:45"),
                budget("hour").max_tokens(5000).per_hour().rolling().each(spend_part::key));
  };
  struct entry {
    spend_subject who;
    money cost;
    std::uint64_t tokens;
    time_type when;
  };
  std::vector<entry> ledger;
  auto now = noon;
  auto running = std::make_unique<budgets>(settings());
  const auto same = [](const std::vector<budget_state>& a, const std::vector<budget_state>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      REQUIRE(a[i].group == b[i].group);
      REQUIRE(a[i].cost_spent == b[i].cost_spent);
      REQUIRE(a[i].tokens_spent == b[i].tokens_spent);
      REQUIRE(a[i].window_end == b[i].window_end);
    }
  };
  for (int i = 0; i < 20'000; ++i) {
    now += milliseconds(random() % 20'000);
    const auto who = by_key(std::string(1, char('a' + random() % 5)));
    const auto size = random() % 300;
    auto r = running->reserve(who, units(std::int64_t(size % 7)), size, now);
    if (r) {
      const auto used = random() % (size + 1);
      now += milliseconds(random() % 3000);
      r.settle(units(std::int64_t(used % 7)), used, now);
      ledger.push_back({who, units(std::int64_t(used % 7)), used, now});
    }
    if (random() % 200 == 0) {
      auto next = std::make_unique<budgets>(settings());
      CHECK(next->load(running->save(now), now) == 0);
      same(running->state(now), next->state(now));
      budgets told(settings());
      std::shuffle(ledger.begin(), ledger.end(), random);
      for (const auto& e : ledger)
        told.record(e.who, e.cost, e.tokens, e.when, now);
      same(running->state(now), told.state(now));
      running = std::move(next);
    }
  }
  // What is under way when a process ends may be billed.
  now += 24h;
  auto open = running->reserve(by_key("z"), units(3), 30, now);
  REQUIRE(open);
  budgets after(settings());
  after.load(running->save(now), now);
  CHECK(state_of(after, "hour", "key=z", now).tokens_spent == 30);
  open.release();
}

TEST_CASE("moments and amounts of any kind neither throw nor free anything") {
  budgets all(list(budget("b").max_cost(units(10)).per_minute(), budget("r").max_tokens(10).per_minute().rolling()));
  for (const auto t : {time_type::max(), time_type::min(), noon, time_type{}, time_type::max()}) {
    auto r = all.reserve(by_key("a"), money::max(), ~std::uint64_t(0), t);
    CHECK(!r);
    r = all.reserve(by_key("a"), -money::max(), 0, t);
    r.settle(-units(5), 0, t);
    for (const auto& s : all.state(t))
      CHECK(s.cost_spent >= money());
    (void)all.save(t);
  }
}
