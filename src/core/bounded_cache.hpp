// A map that is bounded in number: what was used longest ago goes first.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

namespace weir::inline v0 {

/// At most `limit` values by key. Thread safety: none.
template <class Key, class Value>
class bounded_cache {
public:
  explicit bounded_cache(std::size_t limit) : limit_(limit) {}
  bounded_cache(const bounded_cache&) = delete;
  bounded_cache& operator=(const bounded_cache&) = delete;

  std::size_t size() const noexcept { return order_.size(); }
  bool full() const noexcept { return size() >= limit_; }

  /// The value, which counts as used; nullptr if there is none. Valid until the next at() or erase().
  Value* find(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end())
      return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->second;
  }

  /// The same; makes one, in the place of the one that was used longest ago where there is no other.
  Value& at(const Key& key) {
    if (auto* known = find(key))
      return *known;
    if (full())
      forget_oldest([](const Value&) { return true; });
    return add(key, Value());
  }

  /// Adds a value whose key is not there, beyond the limit too.
  Value& add(const Key& key, Value value) {
    order_.emplace_front(key, std::move(value));
    try {
      places_.emplace(key, order_.begin());
    } catch (...) {
      order_.pop_front();
      throw;
    }
    return order_.front().second;
  }

  /// Forgets the one that was used longest ago of those that may go; false if there is none.
  template <class May>
  bool forget_oldest(May may) {
    for (auto it = order_.end(); it != order_.begin();) {
      if (!may(std::as_const((--it)->second)))
        continue;
      places_.erase(it->first);
      order_.erase(it);
      return true;
    }
    return false;
  }

  /// Forgets all that may go.
  template <class May>
  void forget_if(May may) {
    for (auto it = order_.begin(); it != order_.end();)
      if (may(std::as_const(it->second))) {
        places_.erase(it->first);
        it = order_.erase(it);
      } else {
        ++it;
      }
  }

  void erase(const Key& key) {
    if (const auto found = places_.find(key); found != places_.end()) {
      order_.erase(found->second);
      places_.erase(found);
    }
  }

  /// Calls `f(key, value)` for each, in the order of the keys.
  template <class F>
  void each(F f) const {
    for (const auto& [key, place] : places_)
      f(key, place->second);
  }

private:
  using list = std::list<std::pair<Key, Value>>;
  const std::size_t limit_;
  list order_; // the one that was used last first
  std::map<Key, typename list::iterator> places_;
};

} // namespace weir::inline v0
