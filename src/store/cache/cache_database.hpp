// The database of a disk cache: its tables, and what is done with them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/task/cache_store.hpp>

#include "store/cache/sqlite_file.hpp"

namespace weir::inline v0 {

/// A connection to it. Functions throw sqlite_failure. Thread safety: none.
class cache_database {
public:
  /// What is wrong with a file that should be one; the file is then best set aside.
  class other_version {
  public:
    explicit other_version(std::int64_t found) : found(found) {}
    std::int64_t found;
  };

  /// \throws sqlite_failure; other_version for a database that this version of weir has not made. A new and empty file
  /// gets its tables.
  cache_database(const std::string& path, int busy_milliseconds);

  std::optional<cache_entry> find(std::string_view key);
  /// All or none. An entry does not take the place of a younger one, as another process may have written, unless that
  /// one is from the future.
  void put(const std::vector<std::pair<std::string, cache_entry>>& entries);
  void erase(std::string_view key);
  std::uint64_t clear();
  /// Erases what was written before `oldest`, and then the oldest entries until at most `max_bytes` are left, or nine
  /// tenths of that if it was more. \returns how many for want of room.
  std::uint64_t make_room(std::uint64_t max_bytes, std::chrono::system_clock::time_point oldest);
  void count(std::uint64_t& entries, std::uint64_t& bytes);
  void each(const std::function<bool(const std::string& key, const cache_entry& entry)>& f);
  /// Reads all of it. \throws sqlite_failure if it is damaged.
  void verify();

private:
  void make_tables();

  sqlite_file file_;
  std::optional<sqlite_statement> find_, put_;
};

} // namespace weir::inline v0
