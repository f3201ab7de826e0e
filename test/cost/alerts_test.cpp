#include <weir/cost/alerts.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <weir/core/error.hpp>

using namespace std::chrono;
using weir::alert;
using weir::alert_rules;
using weir::alerts;
using weir::budget;
using weir::budgets;
using weir::money;
using weir::spend_part;
using weir::spend_subject;

namespace {

const alerts::time monday = sys_days(year(2026) / 11 / 2);

money cents(std::int64_t n) { return money::from_pico(money::pico_count(n) * 10'000'000'000); }
spend_subject by_key(std::string name) { return spend_subject().key(std::move(name)).provider("groq").model("llama"); }

std::string why_invalid(alert_rules rules) {
  try {
    alerts a(std::move(rules));
  } catch (const weir::error& e) {
    CHECK(e.code() == weir::errc::invalid_configuration);
    return e.failure().message();
  }
  return "";
}

} // namespace

TEST_CASE("wrong rules are refused by the name of the field") {
  CHECK(why_invalid(alert_rules()) == "");
  CHECK(why_invalid(alert_rules().each(spend_part::tag)).find("alerts.each_tag: ") == 0);
  CHECK(why_invalid(alert_rules().spike_floor(money())).find("alerts.spike_floor: ") == 0);
  CHECK(why_invalid(alert_rules().spike_factor(1)).find("alerts.spike_factor: ") == 0);
  CHECK(why_invalid(alert_rules().spike_factor(0)) == "");
  CHECK(why_invalid(alert_rules().spike_deviations(-1)).find("alerts.spike_deviations: ") == 0);
  CHECK(why_invalid(alert_rules().spike_without_baseline(0.0 / 0.0)).find("alerts.spike_without_baseline: ") == 0);
  CHECK(why_invalid(alert_rules().at_most_every(0s)).find("alerts.at_most_every: ") == 0);
  CHECK(why_invalid(alert_rules().max_groups(0)).find("alerts.max_groups: ") == 0);
}

TEST_CASE("a spike of one key is told with its rate and what is usual, and once an hour") {
  std::vector<alert> told;
  alerts watching(alert_rules()
                      .to([&](const alert& a) {
                        told.push_back(a);
                        throw 1;
                      })
                      .to([&](const alert& a) { CHECK(a.what == told.back().what); }));
  auto now = monday;
  const auto spend = [&](int minutes_long, std::int64_t a_second) {
    for (int i = 0; i < minutes_long * 60; ++i, now += 1s) {
      watching.note(by_key("groq-a"), cents(a_second), 10, now);
      watching.note(by_key("groq-b"), cents(0), 10, now);
    }
  };
  watching.note(by_key("groq-a"), cents(0), 10, now);
  spend(1, 0);
  for (int i = 0; i < 180 * 6; ++i, now += 10s)
    watching.note(by_key("groq-a"), cents(1), 10, now); // 3.60 an hour
  CHECK(told.empty());
  spend(5, 1);
  REQUIRE(told.size() == 1);
  CHECK(told[0].what == alert::kind::spike);
  CHECK(told[0].group == "key=groq-a");
  CHECK(told[0].text().starts_with("spending spike (key=groq-a): "));
  CHECK(told[0].text().find(" an hour, usually 3.") != std::string::npos);
  REQUIRE(told[0].rate);
  CHECK(told[0].rate->to_double() > 9);
  for (int i = 0; i < 3; ++i) { // down and up again
    spend(10, 0);
    spend(7, 30);
  }
  CHECK(told.size() == 1);
}

TEST_CASE("calls without a price are counted, and told once an hour with how many there were") {
  std::vector<std::string> told;
  alerts watching(alert_rules().to([&](const alert& a) { told.push_back(a.text()); }));
  for (int i = 0; i < 121; ++i)
    watching.note(by_key("a"), std::nullopt, 10, monday + i * 1min);
  const std::string rest = " (provider=groq, model=llama): the cost is not known, and not counted";
  CHECK(told == std::vector<std::string>{"1 call without a price" + rest, "60 calls without a price" + rest,
                                         "60 calls without a price" + rest});
}

TEST_CASE("lost entries of the ledger are told with the reason") {
  std::vector<std::string> told;
  alerts watching(alert_rules().to([&](const alert& a) { told.push_back(a.text()); }));
  watching.lost_entries(1, "disk\nfull", monday);
  watching.lost_entries(3, "no", monday + 1min);
  watching.lost_entries(4, "disk full", monday + 2h);
  CHECK(told == std::vector<std::string>{"1 ledger entry lost: disk?full", "7 ledger entries lost: disk full"});
}

TEST_CASE("what budgets tell becomes an alert, with their figures") {
  std::vector<alert> told;
  std::vector<budget> list;
  list.push_back(budget("team").max_cost(cents(1000)).per_day().each_tag("team"));
  budgets all(std::move(list));
  {
    alerts watching(alert_rules().to([&](const alert& a) { told.push_back(a); }));
    watching.watch(all);
  } // the budgets keep what they need
  const auto who = spend_subject().tag("team", "search");
  all.reserve(who, cents(850), 10, monday).settle(cents(850), 10, monday);
  CHECK(!all.reserve(who, cents(200), 10, monday));
  CHECK(!all.reserve(who, cents(200), 10, monday));
  REQUIRE(told.size() == 2);
  CHECK(told[0].text() == "budget 'team' (tag team=search): 85 % is spent (8.5 of 10)");
  CHECK(told[1].text() == "budget 'team' (tag team=search) had no room for a call (8.5 of 10)");
  CHECK(told[0].json() ==
        R"re({"text":"budget 'team' (tag team=search): 85 % is spent (8.5 of 10)","kind":"soft_limit",)re"
        R"re("time":1793577600,"group":"tag team=search","budget":"team","share":0.8500,)re"
        R"re("max_cost":"10","cost_spent":"8.5"})re");
}

TEST_CASE("a name cannot become a link, a call to everyone, a second line or a broken object") {
  std::vector<alert> told;
  alerts watching(alert_rules().each(spend_part::tenant).to([&](const alert& a) { told.push_back(a); }));
  watching.note(spend_subject().provider("<!channel>\"\n\xff").model("<http://x|y>&"), std::nullopt, 1, monday);
  REQUIRE(told.size() == 1);
  CHECK(told[0].text().find('\n') == std::string::npos);
  CHECK(told[0].json().find("\"text\":\"1 call without a price (provider=&lt;!channel&gt;\\\"??, "
                            "model=&lt;http://x|y&gt;&amp;)") == 1);
}

TEST_CASE("groups beyond the bound are watched together") {
  std::vector<std::string> told;
  alerts watching(alert_rules().max_groups(2).to([&](const alert& a) { told.push_back(a.group); }));
  watching.note(by_key("a"), cents(1), 1, monday);
  watching.note(by_key("b"), cents(1), 1, monday);
  for (int i = 0; i < 60; ++i)
    watching.note(by_key("key " + std::to_string(i)), cents(1000), 1, monday + i * 1s);
  CHECK(told == std::vector<std::string>{"other"});
}

TEST_CASE("a receiver may use the alerts, and several threads may") {
  std::atomic<int> told{0};
  alerts* self = nullptr;
  alerts watching(alert_rules().at_most_every(1s).to([&](const alert& a) {
    if (++told < 100)
      self->lost_entries(1, "again", a.when + 10s);
  }));
  self = &watching;
  watching.lost_entries(1, "first", monday);
  CHECK(told == 100);
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([&, n] {
      for (int i = 0; i < 5000; ++i)
        watching.note(by_key(std::to_string((i + n) % 7)), cents(i % 3), 1, monday + i * 100ms);
    });
  for (auto& t : threads)
    t.join();
}
