// Answers that are used again, and calls that share one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/cache_store.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// What a response cache keeps, and for how long.
class cache_settings {
public:
  cache_settings() = default;

  /// How much memory the answers may take; what was used longest ago goes first. Default: 64 MiB.
  WEIR_VALUE(cache_settings, std::size_t, memory_bytes)
  /// A larger answer is not kept, and not shared any longer once it turns out to be larger. Default: 4 MiB.
  WEIR_VALUE(cache_settings, std::size_t, max_entry_bytes)
  /// How long an answer is used. Default: 24 hours.
  WEIR_VALUE(cache_settings, duration, ttl)
  /// How long after its ttl() an answer is still used at once, while a new one is requested in the background.
  /// Default: 0, not at all.
  WEIR_VALUE(cache_settings, duration, stale_while_revalidate)
  /// How long after its ttl() an answer is used if no new one can be had: the call failed in a way that may pass, or
  /// was throttled, before its first token. Default: 0, not at all.
  WEIR_VALUE(cache_settings, duration, stale_if_error)
  /// Whether requests are cached whatever their temperature. Otherwise only those that ask for the same answer every
  /// time are: with a temperature of 0 or a seed, embeddings, and requests that set call_options::cache() themselves.
  /// Default: false.
  WEIR_VALUE(cache_settings, bool, any_temperature)
  /// Whether identical calls that are in flight share one. Default: true.
  WEIR_VALUE(cache_settings, bool, share_in_flight)
  /// Whether a cached stream is replayed at the pace at which it came; otherwise all of it is there at once.
  /// Default: false.
  WEIR_VALUE(cache_settings, bool, paced)

  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  std::size_t memory_bytes_ = std::size_t{64} << 20;
  std::size_t max_entry_bytes_ = std::size_t{4} << 20;
  duration ttl_ = std::chrono::hours(24);
  duration stale_while_revalidate_{}, stale_if_error_{};
  bool any_temperature_ = false;
  bool share_in_flight_ = true;
  bool paced_ = false;
};

/// What a response cache has, and has done since it was made.
struct cache_stats {
  cache_stats() = default;
  std::uint64_t hits = 0;       ///< Calls answered from the cache, stale answers included.
  std::uint64_t store_hits = 0; ///< Of these, from the store behind it.
  std::uint64_t stale = 0;      ///< Of these, with an answer older than its time to live.
  std::uint64_t misses = 0;     ///< Calls for which nothing was there, or which asked for a new answer.
  std::uint64_t shared = 0;     ///< Calls that shared another one in flight.
  std::uint64_t kept = 0;       ///< Answers that were put into the cache.
  std::uint64_t not_kept = 0;   ///< Answers that were not: incomplete, failed, doubtful or too large.
  std::uint64_t evictions = 0;  ///< From memory.
  std::uint64_t entries = 0;    ///< In memory.
  std::uint64_t bytes = 0;      ///< In memory.
  std::uint64_t store_failures = 0;
};

/// Complete answers by what was asked, for clients that have it in their options::cache().
///
///     auto cache = std::make_shared<weir::response_cache>(weir::cache_settings().ttl(1h));
///     weir::client client(weir::from_environment().cache(cache));
///
/// A call finds the answer of an earlier one that asked the same: the same method, URL, provider, credential, headers,
/// tenant (call_options::tenant()) and body. What does not change an answer is left out of the comparison: whether it
/// is streamed, `user` and `metadata`, and the marks and keys of providers' prompt caches. A stream answers a call that
/// is not streamed, and the other way around, for chats. Such a call sends nothing, takes no connection, waits for no
/// limit, and its record has one attempt with attempt::cache_hit, whose usage is that of the original.
///
/// Chats, text generation and embeddings of text are cached; other tasks pass through. Only complete answers are kept,
/// and only those of the target that was asked: none that was cut off by a limit of length, filtered, truncated or
/// failed, that has a remark (answer_info::remark), contradictory usage or nothing in it, that came from a fallback or
/// was resumed elsewhere.
///
/// Identical calls in flight share one answer, those of one client: each reads at its own pace, with its own deadline
/// and cancellation, and the upstream call ends when the last one has left. It has the options of the first one
/// (timeouts, attempts, tags). If that one's deadline ends it before it has begun to answer, the others begin anew.
/// A reader that falls max_entry_bytes() behind another one fails with errc::truncated.
///
/// Object lifetimes: shared; clients keep it alive. Thread safety: safe.
class response_cache {
public:
  class state;

  /// \throws weir::error errc::invalid_configuration.
  explicit response_cache(cache_settings settings = cache_settings(), std::shared_ptr<cache_store> store = nullptr);
  ~response_cache();
  response_cache(const response_cache&) = delete;
  response_cache& operator=(const response_cache&) = delete;

  const cache_settings& settings() const noexcept;
  /// nullptr if there is none.
  const std::shared_ptr<cache_store>& store() const noexcept;
  cache_stats stats() const;
  /// Forgets the answer of a key (attempt::cache_key), also in the store.
  void erase(std::string_view key);
  /// Forgets all answers, also in the store, which it waits for.
  void clear();

  /// For weir itself.
  state& internals() const noexcept { return *state_; }

private:
  const std::shared_ptr<state> state_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
