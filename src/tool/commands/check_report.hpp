// The report of weir check, for people and for programs. Pure.
#pragma once

#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

namespace weir::inline v0::cli {

enum class verdict : unsigned char { ok, note, skipped, failed };

class check_step {
public:
  check_step() = default;
  check_step(std::string name, verdict how, duration took, std::string detail)
      : name(std::move(name)), how(how), took(took), detail(std::move(detail)) {}
  std::string name;
  verdict how = verdict::ok;
  duration took{};
  std::string detail; ///< What was found, or what to do about it.
  weir::failure failure;
};

/// The check of one provider, step by step.
class checked_provider {
public:
  checked_provider() = default;
  std::string provider;
  std::string url;
  std::vector<check_step> steps;

  /// The step that failed; nullptr if none did.
  const check_step* failed() const noexcept;
};

std::string to_text(const check_step& s);
std::string to_json(const checked_provider& p);

/// The exit code of the worst failure: refused, then configuration, then truncated, then transient, then
/// deadline. 0 if nothing failed.
int worst_code(const std::vector<checked_provider>& all) noexcept;

/// Compares the local clock with a server's: a note if they differ by more than a minute.
check_step clock_step(std::chrono::system_clock::time_point local, std::chrono::system_clock::time_point remote);

} // namespace weir::inline v0::cli
