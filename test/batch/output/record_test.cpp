#include "batch/output/record.hpp"

#include <doctest/doctest.h>

#include <boost/system/system_category.hpp>

using namespace weir;

namespace {

batch_result full() {
  batch_result r;
  r.id = "a";
  r.index = 17;
  r.columns = R"({"n":12345678901234567890123, "t":"é\n"})";
  r.origin = "rows.csv:19";
  r.outcome = outcome::truncated;
  r.failure = failure(errc::truncated, "the answer broke off")
                  .remote("\"oops\"")
                  .remote_code("x")
                  .status(200)
                  .request_id("req")
                  .retry_after(std::chrono::nanoseconds(5))
                  .should_retry(false);
  r.body = "{\"choices\":[]} \xff";
  r.provider = "groq";
  r.model = "llama";
  r.usage.prompt_tokens = 0;
  r.usage.completion_tokens = 5;
  r.usage.cost = 0.1;
  r.usage.units.set(usage_unit::cache_read, 18446744073709551615u);
  r.usage.inconsistent = r.usage.estimated = true;
  r.cost = money::parse("0.000000000001");
  r.currency = "USD";
  r.cost_estimated = true;
  r.calls = 2;
  r.attempts = 5;
  r.cache_hit = true;
  r.same_as = "b";
  r.took = std::chrono::milliseconds(1500);
  r.first_token = std::chrono::nanoseconds(1);
  return r;
}

void check_equal(const batch_result& a, const batch_result& b) {
  CHECK(a.id == b.id);
  CHECK(a.index == b.index);
  CHECK(a.columns == b.columns);
  CHECK(a.origin == b.origin);
  CHECK(a.outcome == b.outcome);
  CHECK(a.failure.code() == b.failure.code());
  CHECK(a.failure.message() == b.failure.message());
  CHECK(a.failure.remote() == b.failure.remote());
  CHECK(a.failure.remote_code() == b.failure.remote_code());
  CHECK(a.failure.status() == b.failure.status());
  CHECK(a.failure.request_id() == b.failure.request_id());
  CHECK(a.failure.retry_after() == b.failure.retry_after());
  CHECK(a.failure.should_retry() == b.failure.should_retry());
  CHECK(a.provider == b.provider);
  CHECK(a.model == b.model);
  CHECK(a.usage == b.usage);
  CHECK(a.cost == b.cost);
  CHECK(a.currency == b.currency);
  CHECK(a.cost_estimated == b.cost_estimated);
  CHECK(a.calls == b.calls);
  CHECK(a.attempts == b.attempts);
  CHECK(a.cache_hit == b.cache_hit);
  CHECK(a.same_as == b.same_as);
  CHECK(a.took == b.took);
  CHECK(a.first_token == b.first_token);
}

} // namespace

TEST_CASE("a result comes back from its record with everything but the value") {
  const auto r = full();
  const auto record = result_record(r, 99);
  CHECK(record.fingerprint == 99);
  CHECK(record.kind == record_kind(outcome::truncated));
  auto back = read_result(record);
  CHECK(back.restored);
  CHECK(back.body == "{\"choices\":[]} \xEF\xBF\xBD"); // what is not UTF-8 is no JSON
  check_equal(r, back);
}

TEST_CASE("a result with nothing in it comes back with nothing in it") {
  for (int o = 0; o <= static_cast<int>(outcome::failed); ++o) {
    batch_result r;
    r.outcome = static_cast<outcome>(o);
    check_equal(r, read_result(result_record(r, 0)));
  }
}

TEST_CASE("a failure of the system's keeps its number, one of another category its message") {
  batch_result r;
  r.failure = failure(error_code(28, boost::system::system_category()), "disk full");
  CHECK(read_result(result_record(r, 0)).failure.code() == r.failure.code());
  r.failure = failure(make_error_code(boost::system::errc::no_space_on_device), "disk full");
  CHECK(read_result(result_record(r, 0)).failure.code() == errc::unexpected);
  CHECK(read_result(result_record(r, 0)).failure.message() == "disk full");
}

TEST_CASE("members that a record's reader does not know are ignored, another version is refused") {
  auto record = result_record(full(), 1);
  record.payload.insert(1, R"("later":[1,{"a":2}],)");
  check_equal(full(), read_result(record));
  record.payload = R"({"v":2})";
  CHECK_THROWS_WITH_AS(read_result(record),
                       "the journal's record of 'a' cannot be read: another version of weir has written it", error);
  record.payload = "{";
  CHECK_THROWS_AS(read_result(record), error);
  record.payload = "[]";
  CHECK_THROWS_AS(read_result(record), error);
  record.kind = 200;
  record.payload = R"({"v":1})";
  CHECK_THROWS_WITH_AS(read_result(record), "the journal's record of 'a' cannot be read: it is no result", error);
}

TEST_CASE("each outcome has a kind of its own below 128") {
  CHECK(record_kind(outcome::complete) == 1);
  CHECK(record_kind(outcome::failed) == 9);
  CHECK(is_result(1));
  CHECK(is_result(9));
  CHECK(!is_result(0));
  CHECK(!is_result(10));
}
