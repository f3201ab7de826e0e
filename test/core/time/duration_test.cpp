// Durations as people write them.
#include "core/time/duration.hpp"

#include <weir/core/error.hpp>

using namespace std::chrono_literals;
using weir::format_duration;
using weir::parse_duration;

TEST_CASE("durations are read with their unit") {
  CHECK(parse_duration("0") == 0ns);
  CHECK(parse_duration("0s") == 0ns);
  CHECK(parse_duration("7ns") == 7ns);
  CHECK(parse_duration("20us") == 20us);
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("2h") == 2h);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration("0.1ms") == 100us);
}

TEST_CASE("what is not a duration is refused with an example of one") {
  for (const auto* text : {"", "5", "-1s", "+1s", "nan", "nans", "infs", "1e30s", "1 s", " 1s", "1s ", "ms", "1sec",
                           "1S", "9999999999999s", "0x1s", "1,5s"}) {
    CAPTURE(text);
    try {
      parse_duration(text);
      FAIL("it was accepted");
    } catch (const weir::error& e) {
      CHECK(e.code() == weir::errc::invalid_argument);
      CHECK(e.failure().message().find("250ms") != std::string::npos);
    }
  }
}

TEST_CASE("durations are shown with three digits, and never round up to a full next unit") {
  CHECK(format_duration(0ns) == "0 us");
  CHECK(format_duration(20us) == "20 us");
  CHECK(format_duration(999us) == "999 us");
  CHECK(format_duration(999'600ns) == "1.00 ms");
  CHECK(format_duration(1520us) == "1.52 ms");
  CHECK(format_duration(15'240us) == "15.2 ms");
  CHECK(format_duration(152ms) == "152 ms");
  CHECK(format_duration(999'700us) == "1.00 s");
  CHECK(format_duration(1630ms) == "1.63 s");
  CHECK(format_duration(42'400ms) == "42.4 s");
  CHECK(format_duration(59'999ms) == "1 m 00 s");
  CHECK(format_duration(125s) == "2 m 05 s");
  CHECK(format_duration(119'600ms) == "2 m 00 s");
}
