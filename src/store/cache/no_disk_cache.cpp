// Stands in for disk_cache.cpp where weir is built without SQLite.
#include <weir/core/error.hpp>
#include <weir/store/disk_cache.hpp>

namespace weir::inline v0 {

std::shared_ptr<cache_store> open_disk_cache(std::string path, disk_cache_settings) {
  throw error(errc::unsupported, "the cache " + path +
                                     " cannot be used: weir was built without SQLite; install libsqlite3-dev (or your "
                                     "system's package of SQLite's headers) and build weir again");
}

bool has_disk_cache() noexcept { return false; }

} // namespace weir::inline v0
