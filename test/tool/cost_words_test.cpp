// What a call's summary says of its cost.
#include "tool/output/cost_words.hpp"

#include <doctest/doctest.h>

using namespace weir;

namespace {

spending spent(const char* currency, const char* cost, std::uint64_t unpriced = 0, std::uint64_t estimated = 0) {
  spending s;
  s.attempts = 1;
  s.unpriced = unpriced;
  s.estimated = estimated;
  if (*cost != 0)
    s.cost[currency] = *money::parse(cost);
  return s;
}

} // namespace

TEST_CASE("a cost is told in its currency, and never as nothing if it is something") {
  CHECK(cli::cost_words(spent("USD", "0.002067"), true) == "$0.002067");
  CHECK(cli::cost_words(spent("EUR", "0.00002"), true) == "EUR 0.000020");
  CHECK(cli::cost_words(spent("USD", "0.000000044"), true) == "$0.000000044");
  CHECK(cli::cost_words(spent("USD", "0"), true) == "$0.000000");
}

TEST_CASE("an estimate, and what could not be priced, are told as such") {
  CHECK(cli::cost_words(spent("USD", "0.000013", 0, 1), true) == "about $0.000013");
  CHECK(cli::cost_words(spent("USD", "0.000013", 1), true) == "$0.000013+?");
  CHECK(cli::cost_words(spent("USD", "", 1), true) == "no known price");
  CHECK(cli::cost_words(spent("USD", "0", 1), true) == "no known price");
  CHECK(cli::cost_words(spent("USD", "", 1), false).empty());
  CHECK(cli::cost_words(spending(), true).empty());
}

TEST_CASE("an attempt that cost nothing adds no currency to one that did") {
  auto s = spent("EUR", "0.00002");
  s.cost["USD"] = money();
  CHECK(cli::cost_words(s, true) == "EUR 0.000020");
}
