#include "tool/exit_code.hpp"

namespace weir::inline v0::cli {

exit_code code_of(const failure& f) noexcept {
  const auto& ec = f.code();
  if (!ec)
    return exit_code::complete;
  if (ec == errc::cancelled)
    return exit_code::interrupted;
  if (ec == errc::invalid_argument)
    return exit_code::usage_error;
  if (ec == condition::configuration)
    return exit_code::configuration;
  if (ec == errc::out_of_resources)
    return exit_code::transient;
  if (ec == errc::over_budget)
    return exit_code::over_budget;
  if (ec == errc::not_saved)
    return exit_code::broken_off;
  if (ec == errc::unexpected)
    return exit_code::refused;
  if (ec == condition::local)
    return exit_code::deadline;
  if (ec == condition::truncated)
    return exit_code::broken_off;
  if (ec == condition::transient || ec == condition::throttled)
    return exit_code::transient;
  return exit_code::refused;
}

exit_code code_of(outcome o, const failure& f) noexcept {
  switch (o) {
  case outcome::complete:
  case outcome::length: return exit_code::complete;
  case outcome::filtered: return exit_code::refused;
  case outcome::in_band_error:
  case outcome::truncated: return exit_code::broken_off;
  case outcome::stalled:
  case outcome::deadline: return exit_code::deadline;
  case outcome::cancelled: return exit_code::interrupted;
  case outcome::failed: break;
  }
  return code_of(f);
}

} // namespace weir::inline v0::cli
