// The response cache in a configuration file.

#include <doctest/doctest.h>

#include <filesystem>

#include "client/config/config_cache.hpp"
#include "client/config/config_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

TEST_CASE("a cache can be set in the file") {
  const auto cache = section("cache", R"({"memory_bytes": 1000000, "max_entry_bytes": 5000, "ttl": "2h",
                                          "stale_while_revalidate": "1m", "stale_if_error": "1h",
                                          "any_temperature": true, "share_in_flight": false, "paced": true})",
                             read_cache);
  const auto& s = cache->settings();
  CHECK(s.memory_bytes() == 1'000'000);
  CHECK(s.max_entry_bytes() == 5000);
  CHECK(s.ttl() == 2h);
  CHECK(s.stale_while_revalidate() == 1min);
  CHECK(s.stale_if_error() == 1h);
  CHECK(s.any_temperature());
  CHECK_FALSE(s.share_in_flight());
  CHECK(s.paced());
  CHECK_FALSE(cache->store());
  CHECK(section("cache", "{}", read_cache)->settings().ttl() == 24h);

  CHECK(refused("cache", R"({"ttl": 3})", read_cache).starts_with("weir.json: cache.ttl: "));
  CHECK(refused("cache", R"({"ttll": "3s"})", read_cache) ==
        "weir.json: cache.ttll: no such setting; did you mean \"ttl\"?");
  CHECK(refused("cache", R"({"disk": 3})", read_cache).starts_with("weir.json: cache.disk: "));
  CHECK(refused("cache", R"({"disk": ""})", read_cache) ==
        "weir.json: cache.disk: must be true, or the name of a file");
  CHECK(refused("cache", "3", read_cache) == "weir.json: cache: must be an object, not 3");
}

TEST_CASE("a file's cache may be on disk, in a file that the user names and nobody else") {
  const auto file = (std::filesystem::temp_directory_path() / "weir-config-cache.sqlite").string();
  CHECK(section("cache", R"({"disk": ")" + file + R"(", "disk_bytes": 1000000, "disk_keep_for": "24h"})", read_cache)
            ->store());
  for (const auto* end : {"", ".lock", "-wal", "-shm"})
    std::filesystem::remove(file + end);
  const auto read_foreign = [](const config_value& v, config_context& in) {
    in.trusted = false;
    return read_cache(v, in);
  };
  CHECK_FALSE(refused("cache", R"({"disk": "/tmp/elsewhere"})", read_foreign).empty());
  CHECK(section("cache", R"({"ttl": "1h"})", read_foreign)->settings().ttl() == 1h);
}
