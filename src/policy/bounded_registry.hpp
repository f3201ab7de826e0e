// State that several clients share, by name and bounded in number.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <weir/task/target.hpp>

#include "core/bounded_cache.hpp"

namespace weir::inline v0 {

/// Finds or makes the T of a name. At most `limit` are kept: those that are idle, that is, as good as new, are
/// forgotten first, then the least recently used one that nobody holds; while all are held, a new T is not kept at all,
/// or beyond the limit. Object lifetimes: a T that was handed out stays valid after it is forgotten. Thread safety:
/// safe; `idle` is called from any thread.
template <class T>
class bounded_registry {
public:
  /// What becomes of a new T while all others are held.
  enum class when_all_are_held { forget, keep };

  explicit bounded_registry(std::size_t limit = 4096, when_all_are_held then = when_all_are_held::forget)
      : then_(then), map_(limit) {}

  /// `make()` returns a shared pointer to a new T; `idle(t)` tells whether a T is as good as new.
  template <class Make, class Idle>
  std::shared_ptr<T> at(const std::string& id, Make make, Idle idle) {
    const std::lock_guard lock(mutex_);
    if (const auto* known = map_.find(id))
      return *known;
    std::shared_ptr<T> made = make();
    // Under the lock nobody can come to hold what only the map holds.
    const auto unheld = [](const std::shared_ptr<T>& t) { return t.use_count() == 1; };
    if (map_.full())
      map_.forget_if([&](const std::shared_ptr<T>& t) { return unheld(t) && idle(*t); });
    if (!map_.full() || map_.forget_oldest(unheld) || then_ == when_all_are_held::keep)
      map_.add(id, made);
    return made;
  }
  template <class Make>
  std::shared_ptr<T> at(const std::string& id, Make make) {
    return at(id, std::move(make), [](const T& t) { return t.idle(); });
  }

  /// In the order of their names.
  std::vector<std::pair<std::string, std::shared_ptr<T>>> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, std::shared_ptr<T>>> list;
    list.reserve(map_.size());
    map_.each([&list](const std::string& id, const std::shared_ptr<T>& t) { list.emplace_back(id, t); });
    return list;
  }

private:
  const when_all_are_held then_;
  mutable std::mutex mutex_;
  bounded_cache<std::string, std::shared_ptr<T>> map_;
};

/// The T of the target that was used last. Most clients call one model, and building its name costs more than using the
/// T. Thread safety: none.
template <class T>
class last_used {
public:
  /// `find()` returns the shared pointer for `to` if that is not the last one.
  template <class Find>
  const std::shared_ptr<T>& of(const target& to, Find find) {
    if (!value_ || !(to == target_)) {
      auto name = to;
      value_ = find();
      target_ = std::move(name);
    }
    return value_;
  }

private:
  target target_;
  std::shared_ptr<T> value_;
};

} // namespace weir::inline v0
