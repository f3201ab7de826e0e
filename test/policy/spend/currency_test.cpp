// What attempts cost in a currency that a budget does not have.
#include <doctest/doctest.h>

#include <weir/store/price_file.hpp>

#include "policy/rate/rate_limit_fakes.hpp"
#include "policy/spend/spend.hpp"

using namespace limits_test;
using weir::budget;
using weir::money;
using weir::usage_unit;

namespace {

class till {
public:
  explicit till(const std::string& currency, budget b)
      : all(std::make_shared<weir::budgets>(std::vector<budget>(1, std::move(b)))),
        scene({weir::make_spend(parts(currency))}) {}

  weir::budget_state state() { return all->state(weir::time_of(scene.world.executor()).wall()).at(0); }

  std::shared_ptr<weir::budgets> all;
  limits_test::scene scene;

private:
  weir::spend_parts parts(const std::string& currency) const {
    weir::spend_parts p;
    p.budgets = all;
    p.prices = std::make_shared<weir::price_book>();
    p.prices->add(weir::parse_prices("{\"currency\": \"" + currency +
                                         "\", \"prices\": [{\"provider\": \"openai\", \"model\": \"gpt-4\", "
                                         "\"input\": 1000, \"output\": 1000}]}",
                                     "own"));
    return p;
  }
};

} // namespace

TEST_CASE("the prices of a list in another currency than the budget's are not added to it") {
  for (const bool same : {true, false}) {
    till t(same ? "USD" : "EUR", budget("b").max_cost(*money::parse("10")).currency("USD"));
    const auto c = t.scene.start(600);
    REQUIRE(c->answer);
    CHECK((t.state().cost_reserved > money()) == same);
    weir::usage u;
    u.units.set(usage_unit::input_text, 50);
    u.units.set(usage_unit::output_text, 30);
    t.scene.provider->last->use(u);
    t.scene.provider->last->end(weir::outcome::complete);
    CHECK(t.state().cost_spent == (same ? *money::parse("0.08") : money()));
    CHECK(t.state().tokens_spent == 80);
    CHECK(t.state().unpriced == (same ? 0 : 1));
  }
}
