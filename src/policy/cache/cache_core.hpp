// Which answers are in memory, which of them may be used, and which go when it is full. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <weir/policy/response_cache.hpp>

#include "policy/cache/recorded_answer.hpp"

namespace weir::inline v0 {

using wall_time = std::chrono::system_clock::time_point;

/// What an answer of a certain age is good for.
enum class freshness {
  fresh,      ///< Used.
  revalidate, ///< Used, while a new one is requested.
  spare,      ///< Used only if no new one can be had.
  gone,       ///< Not used any more.
};

/// How old an answer is. One from the future, as after the clock was set back, is new if that is a matter of minutes,
/// and else older than anything.
duration age_of(wall_time written, wall_time now) noexcept;
/// `max_age`: what the call allows, at most.
freshness freshness_of(const cache_settings& s, duration age, std::optional<duration> max_age) noexcept;

/// Answers by key, within a number of bytes: what was used longest ago goes first.
/// Thread safety: none.
class cache_core {
public:
  using answer = std::shared_ptr<const recorded_answer>;

  explicit cache_core(std::size_t most_bytes) : most_(most_bytes) {}

  /// The answer, which counts as used; nullptr if there is none.
  answer find(std::string_view key);
  /// Keeps it in place of an older one, unless it takes more than there is in all.
  void put(std::string key, answer a);
  void erase(std::string_view key);
  void clear() noexcept;

  std::size_t entries() const noexcept { return order_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  std::uint64_t evictions() const noexcept { return evictions_; }

private:
  class entry {
  public:
    std::string key;
    answer value;
    std::size_t bytes = 0;
  };
  using order = std::list<entry>; // the one that was used last first

  void remove(order::iterator it);

  const std::size_t most_;
  std::size_t bytes_ = 0;
  std::uint64_t evictions_ = 0;
  order order_;
  std::unordered_map<std::string_view, order::iterator> places_; // keys are the entries' own
};

} // namespace weir::inline v0
