#include "policy/select/key_pool_core.hpp"

#include <algorithm>
#include <set>

#include "policy/settings_error.hpp"

namespace weir::inline v0 {

void key_pool::check(std::string_view path) const {
  for (const auto& [provider, names] : keys_) {
    const auto field = "keys." + provider;
    if (provider.empty())
      throw_invalid_setting(path, "keys", "a provider's name is empty");
    if (names.empty())
      throw_invalid_setting(path, field, "needs at least one name of a credential");
    std::set<std::string_view> seen;
    for (const auto& name : names) {
      if (name.empty())
        throw_invalid_setting(path, field, "a credential's name is empty");
      if (!seen.insert(name).second)
        throw_invalid_setting(path, field, "the credential \"" + name + "\" is listed twice");
    }
  }
  if (pause_ <= duration::zero())
    throw_invalid_setting(path, "pause", "must be more than zero");
  if (disabled_for_ <= duration::zero())
    throw_invalid_setting(path, "disabled_for", "must be more than zero");
}

std::optional<std::size_t> key_pool_core::pick(time_point now, const std::vector<bool>& tried) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const auto key = (next_ + i) % keys_.size();
    if (keys_[key].until > now || (key < tried.size() && tried[key]))
      continue;
    if (!best || keys_[key].throttled < keys_[*best].throttled)
      best = key;
    if (by_ == key_pool::order::round_robin)
      break;
  }
  if (best) {
    ++keys_[*best].picked;
    next_ = (*best + 1) % keys_.size();
  }
  return best;
}

void key_pool_core::gate(std::size_t key, time_point until, error_code why, time_point now) {
  auto& k = keys_[key];
  ++k.suspended;
  if (why == condition::throttled)
    k.throttled = now;
  if (until <= k.until)
    return;
  k.until = until;
  k.why = why;
}

key_pool_core::soonest_key key_pool_core::soonest(time_point now) const {
  const auto first =
      std::min_element(keys_.begin(), keys_.end(), [](const entry& a, const entry& b) { return a.until < b.until; });
  return {static_cast<std::size_t>(first - keys_.begin()), std::max(first->until, now), first->why};
}

key_state key_pool_core::state(std::size_t key, time_point now) const {
  const auto& k = keys_[key];
  key_state s;
  s.usable = k.until <= now;
  s.rest = s.usable ? duration::zero() : k.until - now;
  s.why = k.why;
  s.picked = k.picked;
  s.suspended = k.suspended;
  return s;
}

} // namespace weir::inline v0
