#include "batch/output/merge.hpp"

#include <doctest/doctest.h>

#include <weir/core/error.hpp>

#include "batch/output/fake_journal.hpp"

using namespace weir;
using batch_test::answered;
using batch_test::failed;
using batch_test::fake_journal;

TEST_CASE("the parts of a job become one journal, with each id once") {
  fake_journal a("a.journal"), b("b.journal"), all("all.journal");
  a.add(failed("1", 0));
  a.add(answered("1", 0, "\"one\""));
  a.add(answered("3", 2, "\"three\""));
  b.add(answered("2", 1, "\"two\""));
  b.add(answered("3", 2, "\"three, again\""));
  CHECK(merge_journals({&a, &b}, all) == 3);
  CHECK(all.count(record_kind(outcome::complete)) == 3);
  CHECK(read_result(all.read(all.find("3")->position)).body.find("again") == std::string::npos);
  CHECK(all.find("2")->fingerprint == 7);
  // Once more: nothing is missing.
  CHECK(merge_journals({&a, &b}, all) == 0);
  b.add(answered("4", 3, "\"four\""));
  CHECK(merge_journals({&a, &b}, all) == 1);
}

TEST_CASE("ids that differ between journals are refused by name, before anything is written") {
  fake_journal a("a.journal"), b("b.journal"), all("all.journal");
  a.add(answered("0", 0, "\"fine\""));
  a.add(answered("1", 1, "\"one\""), 1);
  b.add(answered("1", 1, "\"one\""), 2);
  try {
    merge_journals({&a, &b}, all);
    FAIL("no error");
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    CHECK(e.failure().message() ==
          "these journals are not parts of one job: '1' was asked something else (a.journal, b.journal)");
  }
  CHECK(!all.find("0"));
}

TEST_CASE("an answer takes the place of a failure of the same item, wherever either is") {
  fake_journal a("a.journal"), b("b.journal"), all("all.journal");
  a.add(failed("1", 1));
  b.add(answered("1", 1, "\"one\""));
  a.add(answered("2", 2, "\"two\""));
  b.add(failed("2", 2));
  all.add(failed("3", 3));
  a.add(answered("3", 3, "\"three\""));
  all.add(answered("4", 4, "\"four\""));
  b.add(failed("4", 4));
  a.add(failed("5", 5));
  b.add(failed("5", 5));
  merge_journals({&a, &b}, all);
  for (const auto* id : {"1", "2", "3", "4"})
    CHECK_MESSAGE(all.find(id)->kind == record_kind(outcome::complete), id);
  CHECK(all.find("5")->kind == record_kind(outcome::failed));
}

TEST_CASE("what the merged journal has already must agree too, and a long list is cut") {
  fake_journal a("a.journal"), all("all.journal");
  for (std::uint64_t i = 0; i != 7; ++i) {
    a.add(answered(std::to_string(i), i, "\"x\""), 1);
    all.add(answered(std::to_string(i), i, "\"x\""), 2);
  }
  try {
    merge_journals({&a}, all);
    FAIL("no error");
  } catch (const error& e) {
    CHECK(e.failure().message().ends_with("'4' was asked something else (all.journal, a.journal); 7 in all"));
  }
}
