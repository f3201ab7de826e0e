// Durations as text, and exit codes.

#include "tool/exit_code.hpp"

using namespace weir;

TEST_CASE("every error has the exit code that scripts rely on") {
  const auto code = [](errc e) { return int(cli::code_of(failure(e, ""))); };
  CHECK(code(errc::invalid_argument) == 2);
  for (auto e : {errc::missing_key, errc::malformed_key, errc::unknown_provider, errc::malformed_url, errc::unsupported,
                 errc::insecure, errc::invalid_configuration})
    CHECK(code(e) == 3);
  for (auto e :
       {errc::bad_request, errc::unauthorized, errc::forbidden, errc::quota_exhausted, errc::not_found, errc::paused,
        errc::filtered, errc::certificate_rejected, errc::tls_failed, errc::proxy_refused, errc::unexpected_redirect,
        errc::unexpected_content, errc::malformed_response, errc::response_too_large, errc::unexpected})
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
