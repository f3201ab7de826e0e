// Where the command's cache is.
#include <cstdlib>
#include <string>

#include <weir/store/disk_cache.hpp>

namespace weir::inline v0 {

std::string default_disk_cache_path() {
  const auto from = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value ? value : "";
  };
  // A relative path in the variable does not count: XDG Base Directory Specification.
  auto folder = from("XDG_CACHE_HOME");
  if (!folder.starts_with('/')) {
    folder = from("HOME");
    if (folder.empty())
      return {};
    folder += "/.cache";
  }
  return folder + "/weir/responses.sqlite";
}

} // namespace weir::inline v0
