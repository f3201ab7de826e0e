#include "store/journal/journal_settings.hpp"

#include <filesystem>

#include <weir/core/error.hpp>

#include "store/journal/file.hpp"
#include "store/journal/recovery.hpp"

namespace weir::inline v0 {

std::string read_journal_settings(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) // it would be made
    throw error(errc::invalid_configuration, "there is no journal \"" + path + "\"");
  const auto file = store::open_locked(path);
  auto found = store::recover(*file, path);
  if (!found.begun)
    throw error(errc::invalid_configuration, "the journal \"" + path + "\" is empty");
  return std::move(found.settings);
}

} // namespace weir::inline v0
