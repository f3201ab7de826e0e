// Where a response cache keeps answers beyond its own memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// One answer as it is kept: what it is of, and its bytes, which only weir reads.
struct cache_entry {
  cache_entry() = default;
  std::chrono::system_clock::time_point written{}; ///< When the answer was complete.
  std::string operation;                           ///< `chat`, `text_completion`, `embeddings`.
  std::string provider;                            ///< That answered.
  std::string model;                               ///< That answered.
  std::uint64_t size = 0;                          ///< Of `data`, also where that is left out.
  std::string data;
};

/// What a store has, and has done since it was opened.
struct cache_store_stats {
  cache_store_stats() = default;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;    ///< Of the entries' data.
  std::uint64_t evicted = 0;  ///< Because the store was full.
  std::uint64_t dropped = 0;  ///< Not written, because too many were waiting to be.
  std::uint64_t failures = 0; ///< Reads and writes that failed.
  std::string trouble;        ///< Why the last one failed; empty if none did.
};

/// A store behind a response_cache: a file (open_disk_cache()), or a class of your own.
///
/// A store that fails is no reason for a call to fail: it counts the failure and does nothing. Keys are lower-case
/// hexadecimal.
/// Thread safety: every function may be called from any thread. find() is called on the strands of clients, and so must
/// not wait.
class cache_store {
public:
  virtual ~cache_store() = default;
  /// The entry of a key; empty if there is none, or it cannot be read now.
  virtual std::optional<cache_entry> find(std::string_view key) noexcept = 0;
  /// Keeps an entry, in place of an older one; may do it later.
  virtual void put(std::string key, cache_entry entry) noexcept = 0;
  virtual void erase(std::string_view key) noexcept = 0;
  /// Erases everything. \returns how many entries there were.
  virtual std::uint64_t clear() noexcept = 0;
  virtual cache_store_stats stats() noexcept = 0;
  /// Calls `f` for every entry without its data, the newest first, until it returns false.
  virtual void each(const std::function<bool(const std::string& key, const cache_entry& entry)>& f) = 0;
  /// Waits until everything that was put before has been written, or cannot be.
  virtual void flush() noexcept {}
};

WEIR_END_NAMESPACE
