// The layer that picks and switches keys, and the state that clients share.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/policy/handler.hpp>
#include <weir/policy/key_pool.hpp>

#include "policy/select/key_pool_core.hpp"

namespace weir::inline v0 {

/// The keys of every provider. Thread safety: safe.
class key_pool_set {
public:
  /// The keys of one provider.
  class pool {
  public:
    pool(std::string provider, std::vector<std::string> names, const key_pool& s)
        : provider_(std::move(provider)), names_(std::move(names)), pause_(s.pause()), disabled_for_(s.disabled_for()),
          core_(names_.size(), s.by()) {}

    std::optional<std::size_t> pick(const std::string& model, time_point now, const std::vector<bool>& tried);
    /// Suspends a key if the failure is about it, and returns whether it is. A key without permission (403) is
    /// suspended for that model only: it may be allowed to use others.
    bool note(std::size_t key, const std::string& model, const failure& why, time_point now);
    key_pool_core::soonest_key soonest(time_point now) const;

    const std::string& name(std::size_t key) const noexcept { return names_[key]; }
    const std::string& provider() const noexcept { return provider_; }
    std::size_t size() const noexcept { return names_.size(); }
    key_state state(std::size_t key, time_point now) const;

  private:
    const std::string provider_;
    const std::vector<std::string> names_;
    const duration pause_;
    const duration disabled_for_;
    static constexpr std::size_t max_forbidden = 1024;
    mutable std::mutex mutex_;
    key_pool_core core_;
    std::map<std::pair<std::size_t, std::string>, time_point> forbidden_; // until when
  };

  /// \throws as key_pool::check(), with the path `key_pool`.
  explicit key_pool_set(const key_pool& settings);

  /// nullptr if the provider has no pool.
  std::shared_ptr<pool> of(std::string_view provider) const;
  std::vector<key_state> inspect(time_point now) const;

private:
  std::map<std::string, std::shared_ptr<pool>, std::less<>> pools_;
};

/// Goes between retry and the breaker: switching keys is not another try. No layer without keys.
layer make_key_pool(key_pool settings, std::shared_ptr<key_pool_set> shared);

} // namespace weir::inline v0
