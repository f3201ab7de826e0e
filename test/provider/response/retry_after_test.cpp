// How long a server asks to wait: every header, notation and date form.
#include <doctest/doctest.h>

#include <iterator>

#include "provider/response/retry_after.hpp"

using namespace std::chrono_literals;
using namespace weir::provider;

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
const wall_time example(784111777s);
const wall_time now(1780000000s);

class row {
public:
  row(const char* text, wait_hint wanted) : text(text), wanted(wanted) {}
  std::string text;
  wait_hint wanted;
};

weir::http::fields with(const char* name, std::string value) {
  weir::http::fields f;
  f.add(name, std::move(value));
  return f;
}

} // namespace

TEST_CASE("R2: retry-after is read in every form that servers send, and only in those") {
  const row rows[] = {
      {"0", 0ns},
      {"1", 1s},
      {"120", 120s},
      {" 7 ", 7s},
      {"0.5", 500ms},
      {"1.25", 1250ms},
      {".5", 500ms},
      {"0.000000001", 1ns},
      {"33.9336953163147", 33933695317ns},
      {"604800", 604800s},
      {"604801", 7 * 24h},
      {"99999999999", 7 * 24h},
      {"12345678901234567890123456789012345", 7 * 24h},
      {"inf", std::nullopt},
      {"Infinity", std::nullopt},
      {"nan", std::nullopt},
      {"NaN", std::nullopt},
      {"-1", std::nullopt},
      {"-0.5", std::nullopt},
      {"+1", std::nullopt},
      {"1e3", std::nullopt},
      {"0x10", std::nullopt},
      {"1,5", std::nullopt},
      {"1.2.3", std::nullopt},
      {"1s", std::nullopt},
      {"", std::nullopt},
      {" ", std::nullopt},
      {".", std::nullopt},
      {"soon", std::nullopt},
      {"Thu, 28 May 2026 20:27:10 GMT", 30s},
      {"Thursday, 28-May-26 20:27:10 GMT", 30s},
      {"Thu May 28 20:27:10 2026", 30s},
      {"Thu, 28 May 2026 20:26:40 GMT", 0ns},
      {"Thu, 28 May 2026 20:00:00 GMT", 0ns},
      {"Sun Nov  6 08:49:37 1994", 0ns},
      {"Fri, 29 May 2026 20:26:40 GMT", 24h},
      {"Fri, 28 May 2027 20:26:40 GMT", 7 * 24h},
      {"Thu, 28 May 100000 20:26:40 GMT", std::nullopt},
      {"Thu, 31 Feb 2026 20:26:40 GMT", std::nullopt},
      {"Thu, 28 Foo 2026 20:26:40 GMT", std::nullopt},
      {"Thu, 28 May 2026 24:26:40 GMT", std::nullopt},
      {"Thu, 28 May 2026 20:26:40 CET", std::nullopt},
      {"Thu, 28 May 2026 20:26:40", std::nullopt},
      {"Thu, 28 May 2026", std::nullopt},
      {"2026-05-28T20:27:10Z", std::nullopt},
      {"2.", 2s},
      {"0000000000000000000000000000000000005", 5s},
      {"\t3\t", 3s},
      {"-0", std::nullopt},
      {"1e400", std::nullopt},
      {"+inf", std::nullopt},
      {"-inf", std::nullopt},
      {"nan(2)", std::nullopt},
      {"9223372036854775808", 7 * 24h},
      {"18446744073709551616", 7 * 24h},
      {"5, 6", std::nullopt},
      {"5;q=1", std::nullopt},
      {"1_000", std::nullopt},
      {"\xD9\xA3", std::nullopt}, // a 3 that is not an ASCII digit
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0ns},
      {"Wed, 31 Dec 1969 23:59:59 GMT", std::nullopt},
      {"Thu,28 May 2026 20:27:10 GMT", std::nullopt},
      {"Thursday, 28-May-2026 20:27:10 GMT", std::nullopt},
      {"Thu May 28 20:27:10 26", std::nullopt},
      {"Thu, 28 May 2026 20:27:10 GMT junk", std::nullopt},
      {"Thu, 28 May 2026 20:26:40 gmt", std::nullopt},
      {"Wed, 03 Jun 2026 20:26:40 GMT", 6 * 24h},
      {"Fri, 05 Jun 2026 20:26:40 GMT", 7 * 24h},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 7 * 24h},
      {"Xyz, 28 May 2026 20:27:10 GMT", std::nullopt},
      {"Thursday, 28 May 2026 20:27:10 GMT", std::nullopt},
      {"Thu, 28-May-26 20:27:10 GMT", std::nullopt},
      {"THU, 28 May 2026 20:27:10 GMT", std::nullopt},
      {"Xyz May 28 20:27:10 2026", std::nullopt},
      {", 28 May 2026 20:27:10 GMT", std::nullopt},
  };
  static_assert(std::size(rows) >= 45);
  for (const auto& r : rows) {
    CAPTURE(r.text);
    CHECK(wait_asked_for(with("retry-after", r.text), now) == r.wanted);
  }
}

TEST_CASE("R2: the other headers that ask for a wait are read in every notation of theirs") {
  class header {
  public:
    header(const char* name, const char* text, wait_hint wanted) : name(name), text(text), wanted(wanted) {}
    const char* name;
    const char* text;
    wait_hint wanted;
  };
  const header rows[] = {
      {"retry-after-ms", "1500", 1500ms},
      {"Retry-After-MS", "0.5", 500us},
      {"retry-after-ms", "0", 0ns},
      {"retry-after-ms", "inf", std::nullopt},
      {"retry-after-ms", "-5", std::nullopt},
      {"retry-after-ms", "604800001", 7 * 24h},
      {"x-ratelimit-reset-requests", "12ms", 12ms},
      {"x-ratelimit-reset-requests", "6m0s", 6min},
      {"x-ratelimit-reset-requests", "1h30m", 90min},
      {"x-ratelimit-reset-requests", "7.66s", 7660ms},
      {"x-ratelimit-reset-requests", "2m59.56s", 179560ms},
      {"x-ratelimit-reset-requests", "59", 59s},
      {"x-ratelimit-reset-requests", "1780000060", 60s},
      {"x-ratelimit-reset-requests", "1779990000", 0ns},
      {"x-ratelimit-reset-requests", "2026-05-28T20:27:10Z", 30s},
      {"x-ratelimit-reset-requests", "2026-05-28T20:27:10.250+00:00", 30250ms},
      {"x-ratelimit-reset-requests", "-1", std::nullopt},
      {"x-ratelimit-reset-requests", "nan", std::nullopt},
      {"x-ratelimit-reset-requests", "99999999999999999999", 7 * 24h},
      {"x-ratelimit-reset-requests", "2592000", 7 * 24h},
      {"x-ratelimit-reset-requests", "1780000060000", 60s},
      {"x-ratelimit-reset-requests", "2027-05-28T20:27:10Z", 7 * 24h},
      {"ratelimit", "\"api\";r=0;t=55", 55s},
      {"ratelimit", "\"api\";r=0;t=-1", std::nullopt},
      {"ratelimit", ";;;,,,", std::nullopt},
  };
  for (const auto& r : rows) {
    CAPTURE(r.name);
    CAPTURE(r.text);
    auto f = with(r.name, r.text);
    f.add("x-ratelimit-remaining-requests", "0");
    CHECK(wait_asked_for(f, now) == r.wanted);
  }
}

TEST_CASE("a number with too many digits is too long, and one that is too small is zero") {
  CHECK(parse_count(std::string(400, '9'), 1s) == 7 * 24h);
  CHECK(parse_count("0." + std::string(400, '0') + "1", 1s) == 0ns);
}

TEST_CASE("the three forms of an HTTP date name the same second") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now) == example);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now) == example);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994", now) == example);
}

TEST_CASE("a two-digit year is at most fifty years ahead") {
  const auto near = parse_http_date("Saturday, 06-Nov-76 08:49:37 GMT", now);
  const auto past = parse_http_date("Sunday, 06-Nov-77 08:49:37 GMT", now);
  REQUIRE((near && past));
  CHECK(*near > now);
  CHECK(*past < now);
}

TEST_CASE("of several headers the longest wait counts") {
  auto f = with("retry-after-ms", "1500");
  f.add("retry-after", "9");
  f.add("ratelimit", "\"api\";r=0;t=55");
  CHECK(wait_asked_for(f, now) == 55s);
  f.erase("ratelimit");
  CHECK(wait_asked_for(f, now) == 9s);
  f.set("retry-after-ms", "12000");
  CHECK(wait_asked_for(f, now) == 12s);
  f.add("x-ratelimit-remaining", "0");
  f.add("x-ratelimit-reset", "1m");
  CHECK(wait_asked_for(f, now) == 1min);
}

TEST_CASE("the draft's header counts only if nothing remains") {
  CHECK(wait_asked_for(with("ratelimit", "\"api\";r=999;t=295"), now) == std::nullopt);
  CHECK(wait_asked_for(with("ratelimit", "\"api\";r=3;t=295, \"day\";r=0;t=10"), now) == 10s);
  CHECK(wait_asked_for(with("ratelimit", "\"api\";r=0"), now) == std::nullopt);
}

TEST_CASE("of the vendors' limits the exhausted one that resets last counts") {
  weir::http::fields f;
  f.add("x-ratelimit-remaining-requests", "0");
  f.add("x-ratelimit-reset-requests", "1m30s");
  f.add("x-ratelimit-remaining-tokens", "12");
  f.add("x-ratelimit-reset-tokens", "1h");
  CHECK(wait_asked_for(f, now) == 90s);
  f.set("x-ratelimit-remaining-tokens", "0");
  CHECK(wait_asked_for(f, now) == 1h);
}

TEST_CASE("a retry date is relative to the response's own date") {
  auto f = with("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT");
  f.add("date", "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(wait_asked_for(f, std::nullopt) == 30s);
  CHECK(wait_asked_for(f, now) == 30s);
  CHECK(wait_asked_for(with("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"), std::nullopt) == std::nullopt);
}

TEST_CASE("resets are read in the five notations") {
  CHECK(parse_reset("12ms", now) == 12ms);
  CHECK(parse_reset("1s", now) == 1s);
  CHECK(parse_reset("6m0s", now) == 6min);
  CHECK(parse_reset("1h2m3.5s", now) == 1h + 2min + 3500ms);
  CHECK(parse_reset("33.5", now) == 33500ms);
  CHECK(parse_reset("2", now) == 2s);
  CHECK(parse_reset("1780000060", now) == 60s);
  CHECK(parse_reset("1779999999", now) == 0ns);
  CHECK(parse_reset("1780000060", std::nullopt) == std::nullopt);
  CHECK(parse_reset("2026-05-28T20:26:50Z", now) == 10s);
  CHECK(parse_reset("2026-05-28T22:26:50.5+02:00", now) == 10500ms);
  CHECK(parse_reset("2026-05-28T15:26:50-05:00", now) == 10s);
  CHECK(parse_reset("1h99999999h", now) == 7 * 24h);
  CHECK(parse_reset("99999999999999", now) == 7 * 24h);
  CHECK(parse_reset("5 s", now) == std::nullopt);
  CHECK(parse_reset("-1", now) == std::nullopt);
  CHECK(parse_reset("", now) == std::nullopt);
}
