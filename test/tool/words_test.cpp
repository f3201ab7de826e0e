// Durations as text, and exit codes.

#include "tool/exit_code.hpp"
#include "tool/output/duration.hpp"

using namespace weir;
using namespace std::chrono_literals;

TEST_CASE("durations are shown with three digits, and never round up to a full next unit") {
  CHECK(cli::format_duration(0ns) == "0 us");
  CHECK(cli::format_duration(20us) == "20 us");
  CHECK(cli::format_duration(999us) == "999 us");
  CHECK(cli::format_duration(999'600ns) == "1.00 ms");
  CHECK(cli::format_duration(1520us) == "1.52 ms");
  CHECK(cli::format_duration(15'240us) == "15.2 ms");
  CHECK(cli::format_duration(152ms) == "152 ms");
  CHECK(cli::format_duration(999'700us) == "1.00 s");
  CHECK(cli::format_duration(1630ms) == "1.63 s");
  CHECK(cli::format_duration(42'400ms) == "42.4 s");
  CHECK(cli::format_duration(59'999ms) == "1 m 00 s");
  CHECK(cli::format_duration(125s) == "2 m 05 s");
  CHECK(cli::format_duration(119'600ms) == "2 m 00 s");
}

TEST_CASE("every error has the exit code that scripts rely on") {
  const auto code = [](errc e) { return int(cli::code_of(failure(e, ""))); };
  CHECK(code(errc::invalid_argument) == 2);
  for (auto e : {errc::missing_key, errc::malformed_key, errc::unknown_provider, errc::malformed_url, errc::unsupported,
                 errc::insecure, errc::invalid_configuration})
    CHECK(code(e) == 3);
  for (auto e :
       {errc::bad_request, errc::unauthorized, errc::forbidden, errc::quota_exhausted, errc::not_found, errc::paused,
        errc::filtered, errc::certificate_rejected, errc::tls_failed, errc::proxy_refused, errc::unexpected_redirect,
        errc::unexpected_content, errc::malformed_response, errc::response_too_large})
    CHECK(code(e) == 4);
  for (auto e : {errc::resolve_failed, errc::connect_failed, errc::connect_timeout, errc::connection_lost,
                 errc::pool_exhausted, errc::rate_limited, errc::overloaded, errc::loading, errc::server_error})
    CHECK(code(e) == 5);
  for (auto e : {errc::deadline_exceeded, errc::first_token_timeout, errc::stalled})
    CHECK(code(e) == 6);
  for (auto e : {errc::truncated, errc::in_band_error, errc::malformed_event, errc::not_saved})
    CHECK(code(e) == 7);
  CHECK(code(errc::cancelled) == 130);
  CHECK(cli::code_of(failure()) == 0);
}

TEST_CASE("every outcome has the exit code that scripts rely on") {
  const failure none;
  CHECK(cli::code_of(outcome::complete, none) == 0);
  CHECK(cli::code_of(outcome::length, none) == 0);
  CHECK(cli::code_of(outcome::filtered, none) == 4);
  CHECK(cli::code_of(outcome::in_band_error, none) == 7);
  CHECK(cli::code_of(outcome::truncated, failure(errc::connection_lost, "")) == 7);
  CHECK(cli::code_of(outcome::stalled, none) == 6);
  CHECK(cli::code_of(outcome::deadline, none) == 6);
  CHECK(cli::code_of(outcome::cancelled, none) == 130);
  CHECK(cli::code_of(outcome::failed, failure(errc::server_error, "")) == 5);
}
