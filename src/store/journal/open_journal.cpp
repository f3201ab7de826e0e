// Opens journals.
#include <weir/core/error.hpp>
#include <weir/store/journal.hpp>

#include "store/journal/file.hpp"
#include "store/journal/journal_file.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t max_settings = std::size_t{1} << 20;
constexpr std::chrono::milliseconds longest_interval = std::chrono::minutes(1);

void check(const std::string& path, const journal_options& o) {
  const auto refuse = [](const char* why) { throw error(errc::invalid_configuration, why); };
  if (path.empty())
    refuse("journal.path: must not be empty");
  if (o.settings().size() > max_settings)
    refuse("journal.settings: must not be larger than 1 MiB");
  if (o.sync_interval() < std::chrono::milliseconds(0) || o.sync_interval() > longest_interval)
    refuse("journal.sync_interval: must be from 0 to 1 minute");
  if (o.sync_records() == 0)
    refuse("journal.sync_records: must be at least 1");
}

} // namespace

std::unique_ptr<journal> open_journal(const std::string& path, journal_options o) {
  check(path, o);
  return std::make_unique<store::journal_file>(store::open_locked(path), path, o);
}

} // namespace weir::inline v0
