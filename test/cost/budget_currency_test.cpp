// Budgets and costs in several currencies.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/cost/alerts.hpp>
#include <weir/cost/budget.hpp>

using namespace std::chrono;
using weir::alert;
using weir::budget;
using weir::budget_event;
using weir::budget_refusal;
using weir::budgets;
using weir::money;
using weir::spend_subject;

namespace {

const budgets::time noon = sys_days(year(2026) / 11 / 28) + hours(12);

money units(std::int64_t n) { return money::from_pico(money::pico_count(n) * 1'000'000'000'000); }

std::vector<budget> list(budget a) { return std::vector<budget>(1, std::move(a)); }

const spend_subject anyone = spend_subject().key("k").provider("groq").model("llama-3");

} // namespace

TEST_CASE("a cost in another currency than the budget's is not added to it, and counts as unpriced") {
  budgets all(list(budget("team").max_cost(units(10)).currency("USD").per_day()));
  CHECK(all.reserve(anyone, units(4), 100, noon, "USD").settle(units(3), 80, noon, "USD").cost == money());
  auto held = all.reserve(anyone, units(9), 100, noon, "EUR");
  REQUIRE(held);
  CHECK(all.state(noon).at(0).cost_reserved == money());
  CHECK_FALSE(held.settle(units(9), 90, noon, "EUR"));
  const auto s = all.state(noon).at(0);
  CHECK(s.currency == "USD");
  CHECK(s.cost_spent == units(3));
  CHECK(s.cost_reserved == money());
  CHECK(s.tokens_spent == 170);
  CHECK(s.unpriced == 1);
}

TEST_CASE("without a currency of its own a budget takes that of the first amount that reaches it") {
  budgets all(list(budget("team").max_cost(units(10))));
  CHECK(all.state(noon).at(0).currency.empty());
  SUBCASE("nothing has no currency") { all.reserve(anyone, money(), 1, noon, "USD").keep(noon); }
  SUBCASE("and neither has an amount that is said to have none") { all.reserve(anyone, units(1), 1, noon).release(); }
  CHECK(all.state(noon).at(0).currency.empty());
  all.reserve(anyone, units(1), 1, noon, "EUR").keep(noon);
  all.reserve(anyone, units(1), 1, noon, "USD").keep(noon);
  all.reserve(anyone, units(1), 1, noon, "eur").keep(noon);
  const auto s = all.state(noon).at(0);
  CHECK(s.currency == "EUR");
  CHECK(s.cost_spent == units(2));
  CHECK(s.unpriced == 1);
}

TEST_CASE("what was reserved in the budget's currency stays when the call turns out to cost another one") {
  budgets all(list(budget("team").max_cost(units(10)).currency("EUR")));
  auto held = all.reserve(anyone, units(4), 100, noon, "EUR");
  CHECK_FALSE(held.settle(units(7), 60, noon, "USD"));
  const auto s = all.state(noon).at(0);
  CHECK(s.cost_spent == units(4));
  CHECK(s.cost_reserved == money());
  CHECK(s.tokens_spent == 60);
  CHECK(s.unpriced == 1);
}

TEST_CASE("each budget counts an amount in its own currency") {
  auto both = list(budget("dollars").max_cost(units(10)).currency("USD"));
  both.push_back(budget("euros").max_cost(units(10)).currency("EUR"));
  budgets all(std::move(both));
  CHECK(all.reserve(anyone, units(4), 1, noon, "EUR").settle(units(5), 1, noon, "EUR").cost == units(1));
  const auto s = all.state(noon);
  CHECK(s.at(0).cost_spent == money());
  CHECK(s.at(0).unpriced == 1);
  CHECK(s.at(1).cost_spent == units(5));
  CHECK(s.at(1).unpriced == 0);
  CHECK_FALSE(all.reserve(anyone, units(6), 1, noon, "EUR"));
}

TEST_CASE("a budget that requires prices refuses one in another currency, and names both") {
  budgets all(list(budget("team").max_cost(units(10)).currency("USD").unpriced(budget::policy::refuse)));
  const auto held = all.reserve(anyone, units(1), 1, noon, "EUR");
  REQUIRE(held.refusal());
  CHECK(held.refusal()->why == budget_refusal::reason::unpriced);
  CHECK(held.refusal()->message() ==
        "budget 'team': the price of this call is in EUR, and the budget requires one in USD");
  CHECK_FALSE(held.refusal()->retry_at);
}

TEST_CASE("a cost in another currency is told once a window, as an alert of unpriced calls") {
  std::vector<alert> told;
  weir::alerts watching(weir::alert_rules().to([&told](const alert& a) { told.push_back(a); }));
  auto both = list(budget("team").max_cost(units(10)).currency("USD").per_day());
  both.push_back(budget("tokens only").max_tokens(1000).currency("USD"));
  budgets all(std::move(both));
  std::vector<budget_event> events;
  all.listen([&events](const budget_event& e) { events.push_back(e); });
  watching.watch(all);
  all.reserve(anyone, units(1), 1, noon, "USD").settle(units(1), 1, noon, "USD");
  CHECK(events.empty());
  all.reserve(anyone, units(1), 1, noon, "EUR").settle(units(1), 1, noon, "EUR");
  all.reserve(anyone, units(1), 1, noon, "EUR").settle(units(1), 1, noon, "EUR");
  REQUIRE(events.size() == 1);
  CHECK(events[0].what == budget_event::kind::other_currency);
  CHECK(events[0].currency == "EUR");
  REQUIRE(told.size() == 1);
  CHECK(told[0].what == alert::kind::unpriced);
  CHECK(told[0].text() == "budget 'team': costs in EUR are not counted, its ceiling is in USD (1 of 10 USD)");
  CHECK(told[0].json().find("\"budget\":\"team\",\"currency\":\"USD\"") != std::string::npos);
  all.reserve(anyone, units(1), 1, noon + days(1), "EUR").settle(units(1), 1, noon + days(1), "EUR");
  CHECK(events.size() == 2);
}

TEST_CASE("currencies survive a restart: what was saved in another one counts as unpriced") {
  budgets before(list(budget("team").max_cost(units(10))));
  before.record(anyone, units(3), 5, noon, noon, "EUR");
  const auto text = before.save(noon);
  budgets same(list(budget("team").max_cost(units(10))));
  CHECK(same.load(text, noon) == 0);
  CHECK(same.state(noon).at(0).currency == "EUR");
  CHECK(same.state(noon).at(0).cost_spent == units(3));
  budgets other(list(budget("team").max_cost(units(10)).currency("USD")));
  CHECK(other.load(text, noon) == 0);
  CHECK(other.state(noon).at(0).cost_spent == money());
  CHECK(other.state(noon).at(0).tokens_spent == 5);
  CHECK(other.state(noon).at(0).unpriced == 1);
}

TEST_CASE("the currency of a budget is a short name") {
  const auto refused = [](std::string name) {
    try {
      budgets all(list(budget("b").max_cost(units(1)).currency(std::move(name))));
    } catch (const weir::error& e) {
      return e.failure().message().find("budgets.b.currency: ") == 0;
    }
    return false;
  };
  CHECK_FALSE(refused("credits"));
  CHECK(refused("US dollars"));
  CHECK(refused("\xe2\x82\xac"));
  CHECK(refused(std::string(17, 'x')));
}
