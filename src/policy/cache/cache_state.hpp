// The state of a response cache: memory, the store behind it, and the counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <weir/policy/response_cache.hpp>

#include "policy/cache/cache_core.hpp"

namespace weir::inline v0 {

/// Thread safety: safe.
class response_cache::state {
public:
  /// An answer that is there, and what it is good for.
  class found {
  public:
    found() = default;
    cache_core::answer answer; ///< nullptr: there is none.
    freshness use = freshness::gone;
    duration age{};
  };

  /// A request that is in flight, from before it is sent. Of several with one key, an answer is kept only if no later
  /// request's has been: one in the background may take longer than a new one.
  class in_flight {
  public:
    in_flight(std::shared_ptr<response_cache> cache, std::string key);
    in_flight(const in_flight&) = delete;
    in_flight& operator=(const in_flight&) = delete;
    ~in_flight();

  private:
    friend class state;
    const std::shared_ptr<response_cache> cache_;
    const std::string key_;
    std::uint64_t number_ = 0;
  };

  state(cache_settings s, std::shared_ptr<cache_store> store);

  /// Looks in memory, then in the store. An answer that is too old in memory may be younger in the store, where other
  /// processes write too.
  found find(const std::string& key, wall_time now, std::optional<duration> max_age);
  void keep(const in_flight& of, std::shared_ptr<const recorded_answer> a);
  void erase(std::string_view key);
  void clear();

  void count_hit(bool stale) noexcept {
    ++hits_;
    stale_ += stale ? 1 : 0;
  }
  void count_miss() noexcept { ++misses_; }
  void count_shared() noexcept { ++shared_; }
  void count_not_kept() noexcept { ++not_kept_; }
  cache_stats stats() const;

  const cache_settings settings;
  const std::shared_ptr<cache_store> store;

private:
  // The requests of one key: how many are in flight, and the number of the last one whose answer was kept.
  class requests {
  public:
    requests() = default;
    std::size_t flying = 0;
    std::uint64_t kept = 0;
  };

  cache_core::answer from_store(const std::string& key);

  mutable std::mutex mutex_;
  cache_core core_;
  std::map<std::string, requests, std::less<>> requests_;
  std::uint64_t last_request_ = 0;
  std::atomic<std::uint64_t> hits_ = 0, store_hits_ = 0, stale_ = 0, misses_ = 0, shared_ = 0, kept_ = 0, not_kept_ = 0;
};

} // namespace weir::inline v0
