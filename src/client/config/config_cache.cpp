#include "client/config/config_cache.hpp"

#include <filesystem>

#include <weir/store/disk_cache.hpp>

namespace weir::inline v0 {

namespace {

std::string file_of(const config_value& v, const config_context& in) {
  if (v.is_text()) {
    // Where answers are written is for the user to say.
    in.only_own(v);
    const auto given = v.text();
    if (given.empty())
      v.refuse("must be true, or the name of a file");
    const std::filesystem::path path(given);
    return path.is_absolute() || in.folder.empty() ? given : (std::filesystem::path(in.folder) / path).string();
  }
  if (!v.flag())
    return {};
  auto file = default_disk_cache_path();
  if (file.empty())
    v.refuse("needs the name of a file: neither XDG_CACHE_HOME nor HOME is set");
  return file;
}

} // namespace

std::shared_ptr<response_cache> read_cache(const config_value& v, config_context& in) {
  cache_settings s;
  disk_cache_settings d;
  std::string file;
  auto section = config_section(v, s);
  section.whole("memory_bytes", &cache_settings::memory_bytes)
      .whole("max_entry_bytes", &cache_settings::max_entry_bytes, 1024)
      .time("ttl", &cache_settings::ttl)
      .time("stale_while_revalidate", &cache_settings::stale_while_revalidate)
      .time("stale_if_error", &cache_settings::stale_if_error)
      .flag("any_temperature", &cache_settings::any_temperature)
      .flag("share_in_flight", &cache_settings::share_in_flight)
      .flag("paced", &cache_settings::paced)
      .with("disk", [&](const config_value& disk) { file = file_of(disk, in); })
      .with("disk_bytes", [&](const config_value& n) { d.max_bytes(n.whole()); })
      .with("disk_keep_for", [&](const config_value& t) { d.keep_for(t.duration()); })
      .finish();
  std::shared_ptr<cache_store> store;
  if (!file.empty()) {
    try {
      store = open_disk_cache(file, d);
    } catch (const error& e) {
      v.refuse(e.failure().message());
    }
  }
  return std::make_shared<response_cache>(s, std::move(store));
}

} // namespace weir::inline v0
