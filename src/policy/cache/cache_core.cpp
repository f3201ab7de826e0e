#include "policy/cache/cache_core.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

constexpr auto small_step_back = std::chrono::minutes(5);
// What an entry takes beside its answer and its key, about.
constexpr std::size_t overhead = 160;

duration sum(duration a, duration b) noexcept { return b >= duration::max() - a ? duration::max() : a + b; }

} // namespace

duration age_of(wall_time written, wall_time now) noexcept {
  if (written <= now)
    return std::chrono::duration_cast<duration>(now - written);
  return written - now <= small_step_back ? duration() : duration::max();
}

freshness freshness_of(const cache_settings& s, duration age, std::optional<duration> max_age) noexcept {
  if (max_age && (age > *max_age || *max_age <= duration()))
    return freshness::gone;
  if (age <= s.ttl())
    return freshness::fresh;
  if (s.stale_while_revalidate() > duration() && age <= sum(s.ttl(), s.stale_while_revalidate()))
    return freshness::revalidate;
  if (s.stale_if_error() > duration() && age <= sum(s.ttl(), s.stale_if_error()))
    return freshness::spare;
  return freshness::gone;
}

cache_core::answer cache_core::find(std::string_view key) {
  const auto found = places_.find(key);
  if (found == places_.end())
    return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return found->second->value;
}

void cache_core::put(std::string key, answer a) {
  erase(key);
  const auto bytes = a->bytes + key.size() + overhead;
  if (bytes > most_)
    return;
  while (bytes_ + bytes > most_) {
    remove(std::prev(order_.end()));
    ++evictions_;
  }
  entry made;
  made.key = std::move(key);
  made.value = std::move(a);
  made.bytes = bytes;
  order_.push_front(std::move(made));
  try {
    places_.emplace(order_.front().key, order_.begin());
  } catch (...) {
    order_.pop_front();
    throw;
  }
  bytes_ += bytes;
}

void cache_core::erase(std::string_view key) {
  if (const auto found = places_.find(key); found != places_.end())
    remove(found->second);
}

void cache_core::clear() noexcept {
  places_.clear();
  order_.clear();
  bytes_ = 0;
}

void cache_core::remove(order::iterator it) {
  bytes_ -= it->bytes;
  places_.erase(it->key);
  order_.erase(it);
}

} // namespace weir::inline v0
