#include <weir/policy/response_cache.hpp>

#include <utility>

#include "policy/cache/answer_codec.hpp"
#include "policy/cache/cache_state.hpp"
#include "policy/settings_error.hpp"

namespace weir::inline v0 {

void cache_settings::check(std::string_view path) const {
  if (ttl_ < duration())
    throw_invalid_setting(path, "ttl", "must not be negative");
  if (stale_while_revalidate_ < duration())
    throw_invalid_setting(path, "stale_while_revalidate", "must not be negative");
  if (stale_if_error_ < duration())
    throw_invalid_setting(path, "stale_if_error", "must not be negative");
  if (max_entry_bytes_ < 1024)
    throw_invalid_setting(path, "max_entry_bytes", "must be at least 1024");
}

response_cache::state::state(cache_settings s, std::shared_ptr<cache_store> st)
    : settings(s), store(std::move(st)), core_(settings.memory_bytes()) {
  settings.check("cache");
}

response_cache::state::found response_cache::state::find(const std::string& key, wall_time now,
                                                         std::optional<duration> max_age) {
  found f;
  const auto judge = [&](cache_core::answer a) {
    f.answer = std::move(a);
    f.age = f.answer ? age_of(f.answer->written, now) : duration();
    f.use = f.answer ? freshness_of(settings, f.age, max_age) : freshness::gone;
  };
  {
    const std::lock_guard lock(mutex_);
    judge(core_.find(key));
  }
  if (f.use == freshness::fresh || !store)
    return f;
  const auto in_memory = f;
  judge(from_store(key));
  if (!f.answer || (in_memory.answer && in_memory.age <= f.age))
    return in_memory;
  const std::lock_guard lock(mutex_);
  // A new answer may have come while the store was read.
  if (const auto now_there = core_.find(key); !now_there || now_there->written <= f.answer->written)
    core_.put(key, f.answer);
  if (f.use != freshness::gone)
    ++store_hits_;
  return f;
}

cache_core::answer response_cache::state::from_store(const std::string& key) {
  const auto kept = store->find(key);
  if (!kept)
    return nullptr;
  auto read = decode_answer(kept->data);
  if (!read) {
    // Of an older weir, or damaged.
    store->erase(key);
    return nullptr;
  }
  read->written = kept->written;
  return std::make_shared<const recorded_answer>(std::move(*read));
}

response_cache::state::in_flight::in_flight(std::shared_ptr<response_cache> cache, std::string key)
    : cache_(std::move(cache)), key_(std::move(key)) {
  auto& s = cache_->internals();
  const std::lock_guard lock(s.mutex_);
  ++s.requests_[key_].flying;
  number_ = ++s.last_request_;
}

response_cache::state::in_flight::~in_flight() {
  auto& s = cache_->internals();
  const std::lock_guard lock(s.mutex_);
  if (const auto here = s.requests_.find(key_); --here->second.flying == 0)
    s.requests_.erase(here);
}

void response_cache::state::keep(const in_flight& of, std::shared_ptr<const recorded_answer> a) {
  if (a->bytes > settings.max_entry_bytes())
    return count_not_kept();
  const auto& key = of.key_;
  {
    const std::lock_guard lock(mutex_);
    auto& kept = requests_.at(key).kept;
    if (kept > of.number_)
      return count_not_kept();
    kept = of.number_;
    core_.put(key, a);
  }
  ++kept_;
  if (store) {
    cache_entry e;
    e.written = a->written;
    e.operation = a->operation;
    e.provider = a->provider;
    e.model = a->model;
    e.data = encode_answer(*a);
    e.size = e.data.size();
    if (!e.data.empty())
      store->put(key, std::move(e));
  }
}

void response_cache::state::erase(std::string_view key) {
  {
    const std::lock_guard lock(mutex_);
    core_.erase(key);
  }
  if (store)
    store->erase(key);
}

void response_cache::state::clear() {
  {
    const std::lock_guard lock(mutex_);
    core_.clear();
  }
  if (store)
    store->clear();
}

cache_stats response_cache::state::stats() const {
  cache_stats s;
  s.hits = hits_;
  s.store_hits = store_hits_;
  s.stale = stale_;
  s.misses = misses_;
  s.shared = shared_;
  s.kept = kept_;
  s.not_kept = not_kept_;
  if (store) {
    const auto behind = store->stats();
    s.store_failures = behind.failures + behind.dropped;
  }
  const std::lock_guard lock(mutex_);
  s.evictions = core_.evictions();
  s.entries = core_.entries();
  s.bytes = core_.bytes();
  return s;
}

response_cache::response_cache(cache_settings settings, std::shared_ptr<cache_store> store)
    : state_(std::make_shared<state>(settings, std::move(store))) {}
response_cache::~response_cache() = default;

const cache_settings& response_cache::settings() const noexcept { return state_->settings; }
const std::shared_ptr<cache_store>& response_cache::store() const noexcept { return state_->store; }
cache_stats response_cache::stats() const { return state_->stats(); }
void response_cache::erase(std::string_view key) { state_->erase(key); }
void response_cache::clear() { state_->clear(); }

} // namespace weir::inline v0
