// A response cache's answers in a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/cache_store.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// How a disk cache keeps its file.
class disk_cache_settings {
public:
  disk_cache_settings() = default;

  /// How much the answers may take; the oldest go first. Default: 1 GiB.
  WEIR_VALUE(disk_cache_settings, std::uint64_t, max_bytes)
  /// Answers that are older are erased. Default: 30 days.
  WEIR_VALUE(disk_cache_settings, duration, keep_for)
  /// How many answers, and how many bytes of them, may wait to be written; more are dropped, and counted. Default: 1024
  /// and 64 MiB.
  WEIR_VALUE(disk_cache_settings, std::size_t, max_waiting)
  WEIR_VALUE(disk_cache_settings, std::size_t, max_waiting_bytes)
  /// Is told, once each, what goes wrong with the file, in one line: it was damaged and set aside, or cannot be used.
  /// Called from any thread. Default: nobody.
  WEIR_FIELD(disk_cache_settings, std::function<void(const std::string&)>, on_trouble)

private:
  std::uint64_t max_bytes_ = std::uint64_t{1} << 30;
  duration keep_for_ = std::chrono::hours(24 * 30);
  std::size_t max_waiting_ = 1024;
  std::size_t max_waiting_bytes_ = std::size_t{64} << 20;
  std::function<void(const std::string&)> on_trouble_;
};

/// A store in an SQLite file, which several processes may use at the same time. Its folder is made if it is missing;
/// the file is readable by its owner only.
///
///     weir::response_cache cache(weir::cache_settings(), weir::open_disk_cache("/var/cache/app/responses.sqlite"));
///
/// Writing happens on a thread of the store's own. A file that is damaged, or was written by another version of weir,
/// is renamed to `….set-aside-1` (or the next number) and a new one is begun. A file that cannot be used, for want of
/// permission, space or locks, is no error either: the store then finds and keeps nothing, says so once (on_trouble)
/// and counts what it misses. Its destructor writes what still waits, for a few seconds at most.
/// \throws weir::error errc::unsupported if weir was built without SQLite; errc::out_of_resources if no thread can be
/// started.
std::shared_ptr<cache_store> open_disk_cache(std::string path, disk_cache_settings settings = disk_cache_settings());

/// Where the `weir` command has its cache: `$XDG_CACHE_HOME/weir/responses.sqlite`, or `~/.cache/weir/…`. Empty if the
/// environment names no home.
std::string default_disk_cache_path();

/// Whether this weir was built with SQLite.
bool has_disk_cache() noexcept;

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
