// What weir cost prints.
#include "tool/output/spending_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tool/output/display_width.hpp"

using namespace weir;

namespace {

ledger_entry an_entry(const char* cost, bool estimated = false) {
  ledger_entry e;
  e.outcome = outcome::complete;
  e.usage.units.set(usage_unit::input_text, 10);
  e.usage.estimated = estimated;
  if (*cost != 0) {
    e.price.cost = money::parse(cost);
    e.price.currency = "USD";
  }
  return e;
}

std::vector<std::string> lines_of(std::string text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto end = text.find('\n');
    all.push_back(text.substr(0, end));
    text.erase(0, end + 1);
  }
  return all;
}

} // namespace

TEST_CASE("the table tells how many requests have no price, and how many amounts are estimates, where there are any") {
  spending_by rows;
  rows.add("a", an_entry("1"));
  CHECK(cli::spending_table("MODEL", rows, true).find("UNPRICED") == std::string::npos);
  CHECK(cli::spending_table("MODEL", rows, true).find("ESTIMATED") == std::string::npos);
  rows.add("a", an_entry(""));
  rows.add("b", an_entry("2", true));
  rows.add("b", an_entry("2", true));
  CHECK(cli::spending_table("MODEL", rows, true) ==
        "MODEL         REQUESTS  UNPRICED  ESTIMATED             IN        CACHED           OUT          COST\n"
        "b                    2         0          2             20             0             0         $4.00\n"
        "a                    2         1          0             20             0             0       $1.00+?\n"
        "TOTAL                4         1          2             40             0             0       $5.00+?\n");
}

TEST_CASE("columns stand below one another whatever the names are written in") {
  spending_by rows;
  for (const char* name : {"gpt", "深度求索/深度求索-聊天-增強版", "🚀🚀", "e\u0301te\u0301", ""})
    rows.add(name, an_entry("1"));
  std::set<std::size_t> widths;
  for (const auto& line : lines_of(cli::spending_table("MODEL", rows, true)))
    widths.insert(cli::columns_of(line));
  CHECK(widths.size() == 1);
}

TEST_CASE("a plot has the dates without spending, and how many are left out") {
  spending_by rows;
  rows.add("2026-01-01", an_entry("1"));
  rows.add("2026-01-03", an_entry("2"));
  rows.add("2026-03-01", an_entry("2"));
  const auto axis = cli::time_axis("day", {"2026-01-01", "2026-01-03", "2026-03-01"});
  CHECK(cli::spending_plot("DAY", "day", rows, axis, 50) == "DAY                       COST\n"
                                                            "2026-01-01               $1.00  █████████\n"
                                                            "2026-01-02                   –\n"
                                                            "2026-01-03               $2.00  ██████████████████\n"
                                                            "… 56 days without spending\n"
                                                            "2026-03-01               $2.00  ██████████████████\n");
  CHECK(cli::spending_plot("DAY", "day", spending_by(), {}, 50).empty());
}

TEST_CASE("columns stay apart, however long a figure or the amounts of several currencies are") {
  auto many = an_entry("1");
  many.usage.units.set(usage_unit::input_text, UINT64_MAX);
  many.usage.units.set(usage_unit::output_text, UINT64_MAX);
  spending_by rows;
  rows.add("2026-11-28", many);
  CHECK(cli::spending_table("DAY", rows, false).find("  1 18,446") != std::string::npos);
  CHECK(cli::spending_table("DAY", rows, false).find("0 18,446") != std::string::npos);
  auto euros = an_entry("123456789");
  euros.price.currency = "EUR";
  rows.add("2026-11-28", euros);
  const std::vector<cli::axis_mark> axis{cli::axis_mark(std::string("2026-11-28"))};
  CHECK(cli::spending_plot("DAY", "day", rows, axis, 80).find("2026-11-28  EUR 123456789.00 + $1.00") !=
        std::string::npos);
}
