// Which of a provider's keys is next: one provider's state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <weir/policy/key_pool.hpp>

namespace weir::inline v0 {

/// Keys by their place in the list. Thread safety: none.
class key_pool_core {
public:
  key_pool_core(std::size_t keys, key_pool::order by) : by_(by), keys_(keys) {}

  /// The next key that is usable and of which `tried` is false; empty if there is none. `tried`
  /// may be shorter than the list.
  std::optional<std::size_t> pick(time_point now, const std::vector<bool>& tried);
  /// Suspends a key until a time; never shortens what it has been suspended for.
  void gate(std::size_t key, time_point until, error_code why, time_point now);

  /// The key that is usable first, and when; one that is usable now yields `now`.
  class soonest_key {
  public:
    soonest_key(std::size_t key, time_point at, error_code why) noexcept : key(key), at(at), why(why) {}
    std::size_t key;
    time_point at;
    error_code why;
  };
  soonest_key soonest(time_point now) const;

  std::size_t size() const noexcept { return keys_.size(); }
  key_state state(std::size_t key, time_point now) const;

private:
  class entry {
  public:
    entry() = default;
    time_point until = time_point::min();
    time_point throttled = time_point::min();
    error_code why;
    std::uint64_t picked = 0;
    std::uint64_t suspended = 0;
  };

  key_pool::order by_;
  std::vector<entry> keys_;
  std::size_t next_ = 0; // whose turn it is
};

} // namespace weir::inline v0
