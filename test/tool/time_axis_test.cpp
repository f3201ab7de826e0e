// The axis of weir cost's plots.
#include "tool/output/time_axis.hpp"

#include <doctest/doctest.h>

using namespace weir;

namespace {

using strings = std::vector<std::string>;

// What is left out as `+N`.
strings axis(std::string_view by, const strings& dates, const std::string& from = {}, const std::string& to = {}) {
  strings all;
  for (const auto& mark : cli::time_axis(by, dates, from, to))
    all.push_back(mark.skipped != 0 ? "+" + std::to_string(mark.skipped) : mark.name);
  return all;
}

} // namespace

TEST_CASE("dates without spending are on the axis") {
  CHECK(axis("day", {"2026-02-27", "2026-03-02"}) == strings{"2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"});
  CHECK(axis("day", {"2028-02-28", "2028-03-01"}) == strings{"2028-02-28", "2028-02-29", "2028-03-01"});
  CHECK(axis("month", {"2025-11", "2026-02"}) == strings{"2025-11", "2025-12", "2026-01", "2026-02"});
  CHECK(axis("hour", {"2026-12-31 22:00", "2027-01-01 01:00"}) ==
        strings{"2026-12-31 22:00", "2026-12-31 23:00", "2027-01-01 00:00", "2027-01-01 01:00"});
  CHECK(axis("day", {}).empty());
  CHECK(axis("day", {"2026-01-01"}) == strings{"2026-01-01"});
}

TEST_CASE("weeks are ISO's: some years have 53, and the first of January may be in the year before") {
  CHECK(axis("week", {"2026-W52", "2027-W02"}) == strings{"2026-W52", "2026-W53", "2027-W01", "2027-W02"});
  CHECK(axis("week", {"2025-W52", "2026-W02"}) == strings{"2025-W52", "2026-W01", "2026-W02"});
  CHECK(axis("week", {"2020-W53", "2021-W02"}) == strings{"2020-W53", "2021-W01", "2021-W02"});
}

TEST_CASE("a long time without spending is one mark, which tells how long") {
  CHECK(axis("day", {"2026-01-01", "2026-01-16"}).size() == 16);
  CHECK(axis("day", {"2026-01-01", "2026-01-17"}) == strings{"2026-01-01", "+15", "2026-01-17"});
  CHECK(axis("day", {"1970-01-01", "2026-11-28"}) == strings{"1970-01-01", "+20784", "2026-11-28"});
  CHECK(axis("hour", {"2026-01-01 00:00", "2026-01-02 00:00"}) ==
        strings{"2026-01-01 00:00", "+23", "2026-01-02 00:00"});
}

TEST_CASE("the axis begins and ends where it is told to, or with the dates") {
  CHECK(axis("day", {"2026-01-03"}, "2026-01-01", "2026-01-04") ==
        strings{"2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"});
  CHECK(axis("day", {"2026-01-03"}, "2026-01-05", "2026-01-02") == strings{"2026-01-03"});
  CHECK(axis("day", {"2026-01-03"}, "2025-01-01", "2026-03-01") == strings{"+367", "2026-01-03", "+57"});
}

TEST_CASE("what is no date keeps its place") {
  CHECK(axis("day", {"2026-01-01", "2026-01-03", "other"}) ==
        strings{"2026-01-01", "2026-01-02", "2026-01-03", "other"});
  for (const char* text : {"2026-13-01", "2026-02-30", "12026-01-01", "2026-1-1", "2026-01-0x", ""})
    CHECK(axis("day", {text, "2026-01-01"}) == strings{text, "2026-01-01"});
  CHECK(axis("month", {"2026-00", "2026-01"}) == strings{"2026-00", "2026-01"});
  CHECK_FALSE(cli::is_date("model"));
  CHECK(cli::is_date("week"));
}
