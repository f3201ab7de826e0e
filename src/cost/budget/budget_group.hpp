// One budget with its groups. Under the lock of the set that it belongs to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <weir/cost/budget.hpp>

#include "cost/alerts/overrun_core.hpp"
#include "cost/budget/budget_core.hpp"

namespace weir::inline v0 {

class budget_rule;

/// What one group of a budget spends. Thread safety: none.
class budget_group {
public:
  budget_group(budget_rule& rule, std::string id);

  const std::string& id() const noexcept { return id_; }
  budget_rule& rule() noexcept { return *rule_; }
  budget_core& core() noexcept { return core_; }
  /// Nobody holds it, and nothing counts.
  bool idle(budget_core::time now) noexcept;

  void hold() noexcept { ++holders_; }
  void let_go() noexcept { --holders_; }
  void refuse() noexcept { ++refused_; }

  /// Counts `used` for the projection.
  void note(const spend_amount& used, budget_core::time now) noexcept;
  /// The same of the past, in any order. \returns the latest time so far.
  budget_core::time record(const spend_amount& used, budget_core::time when) noexcept;
  /// Whether there is something to tell now, once per kind and window. `full`: a call found no room.
  std::optional<budget_event::kind> news(bool full, budget_core::time now) noexcept;
  /// What there was to tell at a time that was recorded, whether it was told or not.
  std::optional<budget_event::kind> past_news(budget_core::time then) noexcept;
  /// Whether a cost in another currency is still to be told: once per window, of budgets with a ceiling of money.
  bool other_currency_is_news() noexcept;
  budget_event event(budget_event::kind what, budget_core::time now) const;
  budget_state state() const;

private:
  std::optional<budget_event::kind> spent_news() const noexcept;
  template <class F>
  bool overruns(F&& is_news, budget_core::time now) noexcept;
  double spent_share() const noexcept;
  bool once(budget_event::kind what) noexcept;

  budget_rule* rule_;
  std::string id_;
  budget_core core_;
  std::size_t holders_ = 0;
  std::uint64_t refused_ = 0;
  std::array<std::uint64_t, 4> told_in_{};                // the era, plus one
  std::unique_ptr<overrun_core> cost_rate_, tokens_rate_; // of windows in which there is time to react
  double projected_ = 0;
  budget_core::time recorded_until_ = budget_core::time::min();
};

/// The settings of a budget, and its groups. Thread safety: none.
class budget_rule {
public:
  explicit budget_rule(budget settings);
  budget_rule(const budget_rule&) = delete;
  budget_rule& operator=(const budget_rule&) = delete;

  const budget& settings() const noexcept { return settings_; }
  const window_rule& window() const noexcept { return window_; }
  bool applies(const spend_subject& who) const noexcept;
  /// Empty while it is not known.
  const std::string& currency() const noexcept { return currency_; }
  /// Whether a cost in this currency can be counted here: nothing, and one of an unnamed currency, always can. The
  /// first one decides, where the settings do not.
  bool counts(money cost, std::string_view currency);
  /// The group of `who`: made if need be, or the one that all beyond the limit share.
  budget_group& group(const spend_subject& who, budget_core::time now);
  /// The group with this id.
  budget_group& group(std::string_view id, budget_core::time now);
  /// Whether it could be the id of a group.
  bool takes(std::string_view id) const noexcept;
  /// In no particular order.
  void each(const std::function<void(budget_group&)>& f);
  /// `key=groq-a, tag team=search`.
  std::string text_of(const std::string& id) const;

private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>()(s); }
  };

  budget settings_;
  std::string currency_;
  window_rule window_;
  budget_group other_; // the only one without groups
  std::unordered_map<std::string, std::unique_ptr<budget_group>, hash, std::equal_to<>> groups_;
  std::string id_; // scratch
  std::size_t until_sweep_ = 0;
};

} // namespace weir::inline v0
