// State that several clients share, by name and bounded in number.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <weir/task/target.hpp>

namespace weir {

/// Finds or makes the T of a name. At most `limit` are kept: those that are `idle()`, that is, as good as new, are
/// forgotten first, then those that nobody holds; beyond that a new T is not kept at all.
/// Object lifetimes: a T that was handed out stays valid after it is forgotten.
/// Thread safety: safe; T::idle() is called from any thread.
template <class T>
class bounded_registry {
public:
  explicit bounded_registry(std::size_t limit = 4096) : limit_(limit) {}

  /// `make()` returns a shared pointer to a new T.
  template <class Make>
  std::shared_ptr<T> at(const std::string& id, Make make) {
    std::lock_guard lock(mutex_);
    if (const auto it = map_.find(id); it != map_.end())
      return it->second;
    std::shared_ptr<T> made = make();
    if (map_.size() >= limit_)
      make_room();
    if (map_.size() < limit_)
      map_.emplace(id, made);
    return made;
  }

  std::vector<std::shared_ptr<T>> all() const {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<T>> list;
    list.reserve(map_.size());
    for (const auto& entry : map_)
      list.push_back(entry.second);
    return list;
  }

private:
  // Under the lock nobody else can acquire what only the map holds.
  void make_room() {
    std::erase_if(map_, [](const auto& entry) { return entry.second.use_count() == 1 && entry.second->idle(); });
    if (map_.size() < limit_)
      return;
    for (auto it = map_.begin(); it != map_.end(); ++it)
      if (it->second.use_count() == 1) {
        map_.erase(it);
        return;
      }
  }

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<T>> map_;
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

} // namespace weir
