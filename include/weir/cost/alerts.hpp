// Who is told when spending is not as usual.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/cost/budget.hpp>
#include <weir/cost/money.hpp>
#include <weir/cost/spend_subject.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Something about spending that a person should know. Figures that do not belong to its kind are absent.
struct alert {
  enum class kind : std::uint8_t {
    spike,             ///< Much more is spent per time than usual.
    projected_overrun, ///< A budget will be exceeded at the rates of late.
    soft_limit,        ///< The soft share of a budget has been spent.
    limit,             ///< A budget is used up.
    unpriced,          ///< There are calls whose cost is not known, or (with `budget`) not in the budget's currency.
    lost_entries,      ///< Entries of the ledger could not be written.
  };

  alert() = default;
  kind what = kind::spike;
  std::chrono::system_clock::time_point when{};
  std::string group;                 ///< What it is about: `key=groq-a`; names only, never a key.
  std::string budget;                ///< The name of a budget.
  std::optional<money> rate;         ///< spike: what is spent per hour, at the pace of the last minutes.
  std::optional<money> baseline;     ///< spike: what usually is; absent while that is not known.
  std::optional<budget_state> state; ///< Of the budget.
  std::optional<double> share;       ///< Of its ceiling, spent or projected; above 1 beyond it.
  std::uint64_t count = 0;           ///< unpriced, lost_entries: how many since the alert before.
  std::string detail;                ///< lost_entries: why; unpriced of a budget: the other currency.
  std::uint64_t held_back = 0;       ///< Alerts of this kind and group since the one before, which were not sent.

  /// One line of plain text.
  std::string text() const;
  /// One object, with the line as `text`, escaped as Slack's webhooks and those like them require.
  std::string json() const;
};

/// `spike`, `projected_overrun`, `soft_limit`, `limit`, `unpriced`, `lost_entries`.
std::string_view name_of(alert::kind) noexcept;

/// When alerts are raised, and where they go.
///
///     auto alerts =
///     std::make_shared<weir::alerts>(weir::alert_rules().spike_floor(*weir::money::parse("2")).on_stderr());
class alert_rules {
public:
  alert_rules() = default;

  /// What is compared with its own past: each value of this part of a subject. Default: each key.
  WEIR_VALUE(alert_rules, spend_part, each)
  /// With spend_part::tag, the name of the tag.
  WEIR_FIELD(alert_rules, std::string, each_tag)
  /// Spending below this much an hour is never a spike. Default: 1 of the currency.
  WEIR_VALUE(alert_rules, money, spike_floor)
  /// A spike is more than this multiple of the baseline; 0: no spikes are told. Default: 3.
  WEIR_VALUE(alert_rules, double, spike_factor)
  /// And more than the baseline and so many standard deviations. Default: 6.
  WEIR_VALUE(alert_rules, double, spike_deviations)
  /// How many times the floor is a spike while the baseline is not known, for an hour. Default: 10.
  WEIR_VALUE(alert_rules, double, spike_without_baseline)
  /// The minimum time between two alerts of one kind about one group. Default: 1 h.
  WEIR_VALUE(alert_rules, std::chrono::seconds, at_most_every)
  /// Groups that are watched at once; those beyond are watched together, as `other`. Default: 1,000.
  WEIR_VALUE(alert_rules, std::size_t, max_groups)

  /// Adds a receiver. It is called on the thread that caused the alert, without a lock, and must not block; what it
  /// throws is dropped.
  alert_rules&& to(std::function<void(const alert&)> receiver) && { return std::move(to(std::move(receiver))); }
  alert_rules& to(std::function<void(const alert&)> receiver) & {
    receivers_.push_back(std::move(receiver));
    return *this;
  }
  const std::vector<std::function<void(const alert&)>>& receivers() const noexcept { return receivers_; }
  /// Adds the standard error stream: one line each.
  alert_rules&& on_stderr() && { return std::move(on_stderr()); }
  alert_rules& on_stderr() &;

  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  spend_part each_ = spend_part::key;
  std::string each_tag_;
  money spike_floor_ = money::from_pico(1'000'000'000'000);
  double spike_factor_ = 3, spike_deviations_ = 6, spike_without_baseline_ = 10;
  std::chrono::seconds at_most_every_ = std::chrono::hours(1);
  std::size_t max_groups_ = 1'000;
  std::vector<std::function<void(const alert&)>> receivers_;
};

/// Watches what is spent. A spike is spending in the last five minutes that is far above the mean of the hour before;
/// the daily rhythm, outages and regular jobs are none: docs/cost.md has the rule and its figures.
/// Thread safety: safe.
class alerts {
public:
  using time = std::chrono::system_clock::time_point;

  /// \throws weir::error errc::invalid_configuration.
  explicit alerts(alert_rules rules = alert_rules());
  alerts(const alerts&) = delete;
  alerts& operator=(const alerts&) = delete;
  ~alerts();

  /// Something was spent: every entry of the ledger. An empty cost means that there is no price.
  void note(const spend_subject& who, std::optional<money> cost, std::uint64_t tokens, time when);
  /// Entries of the ledger were lost.
  void lost_entries(std::uint64_t count, std::string_view why, time when);
  /// What a budget tells.
  void note(const budget_event& event);
  /// Something of the past, such as a ledger has of earlier processes, in the order of time: it counts for what is
  /// usual, and what would have been told then counts as told. What is a minute or more older than something before it
  /// is passed over. Nobody is told.
  void record(const spend_subject& who, std::optional<money> cost, time when);
  void record(const budget_event& event);
  /// Passes on what these budgets tell, also when this object is gone.
  void watch(budgets& of);

private:
  class shared_state;
  std::shared_ptr<shared_state> state_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
