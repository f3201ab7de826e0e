// The hedging layer, and the state that clients share.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <weir/policy/handler.hpp>
#include <weir/policy/hedge.hpp>

#include "policy/alternatives/hedge_core.hpp"
#include "policy/bounded_registry.hpp"

namespace weir::inline v0 {

/// The budgets and percentiles of all targets, by target::model_id(). Thread safety: safe.
class hedge_set {
public:
  class entry {
  public:
    entry(std::string id, const hedge& s) : id_(std::move(id)), core_(s) {}

    std::optional<duration> begin(time_point now);
    bool withdraw(time_point now);
    void took(duration d, time_point now);
    hedge_state state(time_point now) const;
    bool idle() const noexcept { return false; }

  private:
    const std::string id_;
    mutable std::mutex mutex_;
    hedge_core core_;
  };

  /// \throws as hedge::check(), with the path `hedge`.
  explicit hedge_set(const hedge& settings);

  /// Responses that are not streamed take longer to "the first token": they are counted separately.
  std::shared_ptr<entry> of(const target& to, bool streamed);
  std::vector<hedge_state> inspect(time_point now) const;

private:
  hedge settings_;
  bounded_registry<entry> entries_;
};

/// Goes above retry and what is below it. No layer if hedging is off.
layer make_hedge(hedge settings, std::shared_ptr<hedge_set> shared);

} // namespace weir::inline v0
