// Ceilings of money and tokens per window of time.
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

#include <weir/cost/money.hpp>
#include <weir/cost/spend_subject.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// The parts of a spend_subject that a budget selects and groups by; a tag goes by its name besides.
enum class spend_part : std::uint8_t { key, provider, model, tenant, tag };

/// A ceiling of money, of tokens, or of both, per window of time.
///
///     weir::budget("search").max_cost(*weir::money::parse("50")).per_day().calendar("Europe/Berlin").tag("team",
///     "search") weir::budget("each key").max_tokens(2'000'000).per_hour().rolling().each(weir::spend_part::key)
///
/// A call counts for its estimate from when it is reserved until it ends, and then, in the window in which it ends, for
/// what it used.
class budget {
public:
  enum class span : std::uint8_t { minute, hour, day, week, month };
  /// What becomes of a call that a budget has no room for.
  enum class policy : std::uint8_t {
    refuse, ///< It is not made.
    warn,   ///< It is made, and told: see budgets::listen().
  };
  /// Selects subjects.
  struct filter {
    filter() = default;
    spend_part part = spend_part::key;
    std::string tag;   ///< The name of the tag, where it is one.
    std::string value; ///< A final `*` stands for any rest.
  };
  /// Tells subjects apart.
  struct group_by {
    group_by() = default;
    spend_part part = spend_part::key;
    std::string tag;
    friend bool operator==(const group_by&, const group_by&) = default;
  };

  budget() = default;
  explicit budget(std::string name) : name_(std::move(name)) {}

  /// For messages, states and alerts; unique among the budgets of one set.
  WEIR_FIELD(budget, std::string, name)
  /// At least one of both is needed.
  WEIR_OPTIONAL(budget, money, max_cost)
  /// Of prompts and answers together.
  WEIR_OPTIONAL(budget, std::uint64_t, max_tokens)
  /// What max_cost() is in, named as in the price lists: `USD`. Amounts in another currency are not converted: they
  /// count as unpriced here. Empty, the default: the currency of the first amount that reaches the budget.
  WEIR_FIELD(budget, std::string, currency)

  /// The length of the window. Default: month.
  WEIR_VALUE(budget, span, per)
  budget&& per_minute() && { return std::move(per(span::minute)); }
  budget& per_minute() & { return per(span::minute); }
  budget&& per_hour() && { return std::move(per(span::hour)); }
  budget& per_hour() & { return per(span::hour); }
  budget&& per_day() && { return std::move(per(span::day)); }
  budget& per_day() & { return per(span::day); }
  budget&& per_week() && { return std::move(per(span::week)); }
  budget& per_week() & { return per(span::week); }
  budget&& per_month() && { return std::move(per(span::month)); }
  budget& per_month() & { return per(span::month); }

  /// The window begins with the minute, hour, day, week (Monday) or month of a time zone: `UTC`, `+02:00`, `local`, or
  /// a name such as `Europe/Berlin`, for which the system needs its time zone files. Days on which clocks are changed
  /// are shorter or longer. Default: UTC.
  budget&& calendar(std::string zone) && { return std::move(calendar(std::move(zone))); }
  budget& calendar(std::string zone) & {
    zone_ = std::move(zone);
    rolling_ = false;
    return *this;
  }
  /// The window is what lies back no further than its length; a month has 30 days. What was spent is counted in
  /// sixtieths of the window and leaves it a whole sixtieth at a time: never too early, and late by at most one.
  budget&& rolling() && { return std::move(rolling()); }
  budget& rolling() & {
    rolling_ = true;
    return *this;
  }
  bool is_rolling() const noexcept { return rolling_; }
  const std::string& zone() const noexcept { return zone_; }

  /// What counts: subjects that have one of the values given for a part, for each part that is given. A final `*`
  /// stands for any rest. Default: everything.
  budget&& key(std::string v) && { return std::move(add(spend_part::key, {}, std::move(v))); }
  budget& key(std::string v) & { return add(spend_part::key, {}, std::move(v)); }
  budget&& provider(std::string v) && { return std::move(add(spend_part::provider, {}, std::move(v))); }
  budget& provider(std::string v) & { return add(spend_part::provider, {}, std::move(v)); }
  budget&& model(std::string v) && { return std::move(add(spend_part::model, {}, std::move(v))); }
  budget& model(std::string v) & { return add(spend_part::model, {}, std::move(v)); }
  budget&& tenant(std::string v) && { return std::move(add(spend_part::tenant, {}, std::move(v))); }
  budget& tenant(std::string v) & { return add(spend_part::tenant, {}, std::move(v)); }
  budget&& tag(std::string name, std::string v) && {
    return std::move(add(spend_part::tag, std::move(name), std::move(v)));
  }
  budget& tag(std::string name, std::string v) & { return add(spend_part::tag, std::move(name), std::move(v)); }
  const std::vector<filter>& filters() const noexcept { return filters_; }

  /// The ceilings apply to each key (provider, model, tenant, value of a tag) separately; several may be given, and
  /// then to each combination. Subjects without the tag are a group too. Default: to all together.
  budget&& each(spend_part part) && { return std::move(add_group(part, {})); }
  budget& each(spend_part part) & { return add_group(part, {}); }
  budget&& each_tag(std::string name) && { return std::move(add_group(spend_part::tag, std::move(name))); }
  budget& each_tag(std::string name) & { return add_group(spend_part::tag, std::move(name)); }
  const std::vector<group_by>& groups() const noexcept { return groups_; }
  /// Groups that are counted at once. Those beyond are counted together, as `other`, until what is counted there has
  /// left the window. Default: 10,000.
  WEIR_VALUE(budget, std::size_t, max_groups)

  /// The share of a ceiling that is told when it has been spent, 0 to 1; 0: none is. Default: 0.8.
  WEIR_VALUE(budget, double, soft)
  /// What becomes of calls beyond the ceiling. Default: refuse.
  WEIR_VALUE(budget, policy, at_limit)
  /// What becomes of a call whose cost cannot be estimated because there is no price for it, or one in another
  /// currency, if there is a ceiling of money: refused, or made, counted in budget_state::unpriced and with its tokens;
  /// it takes no money off the ceiling. Default: warn.
  WEIR_VALUE(budget, policy, unpriced)

  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  budget& add(spend_part part, std::string tag, std::string value);
  budget& add_group(spend_part part, std::string tag);

  std::string name_, currency_;
  std::optional<money> max_cost_;
  std::optional<std::uint64_t> max_tokens_;
  span per_ = span::month;
  bool rolling_ = false;
  std::string zone_ = "UTC";
  std::vector<filter> filters_;
  std::vector<group_by> groups_;
  std::size_t max_groups_ = 10'000;
  double soft_ = 0.8;
  policy at_limit_ = policy::refuse;
  policy unpriced_ = policy::warn;
};

/// `minute`, `hour`, `day`, `week`, `month`.
std::string_view name_of(budget::span) noexcept;

/// The state of one group of one budget.
struct budget_state {
  using time = std::chrono::system_clock::time_point;

  budget_state() = default;
  std::string budget;
  std::string group;    ///< `key=groq-a, tag team=search`; `other` beyond budget::max_groups(); empty without groups.
  std::string currency; ///< Of all its money; empty while that is not known.
  std::optional<money> max_cost;
  money cost_spent;    ///< Within the window.
  money cost_reserved; ///< By calls that have not ended.
  std::optional<std::uint64_t> max_tokens;
  std::uint64_t tokens_spent = 0;
  std::uint64_t tokens_reserved = 0;
  std::uint64_t unpriced = 0; ///< Calls within the window whose cost is not known in the budget's currency.
  std::uint64_t refused = 0;  ///< Calls, since the start.
  /// The end of a calendar window; of a rolling one, when all that has been spent will have left it.
  time window_end{};

  /// What may still be reserved; zero if there is no such ceiling.
  money cost_left() const noexcept;
  std::uint64_t tokens_left() const noexcept;
};

/// Why a reservation was refused: the budget whose room comes last.
struct budget_refusal {
  enum class reason : std::uint8_t {
    cost,
    tokens,
    unpriced, ///< There is no price for the call in the budget's currency, and the budget requires one.
  };

  budget_refusal() = default;
  reason why = reason::cost;
  budget_state state;   ///< Of that budget.
  money cost;           ///< What was requested.
  std::string currency; ///< Of `cost`; empty if the caller named none.
  std::uint64_t tokens = 0;
  /// When there is room for that much, unless others take it first; reservations that end unused make room earlier.
  /// Empty if there never will be: it is more than the ceiling.
  std::optional<budget_state::time> retry_at;
  /// Of the budget's time zone from UTC, at retry_at.
  std::chrono::seconds zone_offset{};

  /// One line: which budget, what is left, what was requested, when there is room.
  std::string message() const;
};

/// What budgets tell their listeners.
struct budget_event {
  enum class kind : std::uint8_t {
    soft,              ///< The soft share of a ceiling has been spent.
    limit,             ///< A ceiling has been reached: by spending, or by a call that was refused or would have been.
    projected_overrun, ///< At the rates of the last hour and of the last six, the ceiling will be exceeded.
    other_currency,    ///< A call's cost is in another currency than the budget: it counts as unpriced.
  };

  budget_event() = default;
  kind what = kind::soft;
  budget_state state;
  budget_state::time when{};
  /// The share of the ceiling that has been spent, or will have been at the end of the window; above 1 beyond it.
  double share = 0;
  std::string currency; ///< other_currency: the call's.
};

/// How much more was used than reserved.
struct overdraft {
  overdraft() = default;
  money cost;
  std::uint64_t tokens = 0;
  explicit operator bool() const noexcept { return cost > money() || tokens > 0; }
};

class budgets;

/// Room in all budgets that apply to a call, or the refusal of one. It ends once, by settle(), keep() or release();
/// what is called after that has no effect. The destructor keeps. It may outlive its budgets. Thread safety: none;
/// different ones may be used at the same time.
class [[nodiscard]] reservation {
public:
  /// Granted, with no budget that applies.
  reservation() noexcept;
  reservation(reservation&&) noexcept;
  reservation& operator=(reservation&&) noexcept;
  ~reservation();

  explicit operator bool() const noexcept { return refusal_ == nullptr; }
  /// nullptr if it is granted.
  const budget_refusal* refusal() const noexcept { return refusal_.get(); }

  /// The call used this much: counted fully, even if it is more than was reserved, and more than the ceiling. What is
  /// not known stays as it was reserved, and so does a cost that is in another currency than a budget, which is then
  /// unpriced there. `currency`: of `cost`; empty: each budget's own.
  overdraft settle(std::optional<money> cost, std::optional<std::uint64_t> tokens,
                   std::chrono::system_clock::time_point now, std::string_view currency = {});
  /// The call may have been billed: what was reserved stays as spent.
  void keep(std::chrono::system_clock::time_point now) noexcept;
  /// Nothing was sent.
  void release() noexcept;

private:
  friend class budgets;
  class holding;
  std::unique_ptr<holding> holding_; // empty once it has ended
  std::unique_ptr<budget_refusal> refusal_;
};

/// Budgets that are kept together: a call takes room in all that apply to it, or in none. Shared by any number of
/// clients and threads. What is settled and reserved never exceeds a ceiling by reserve(), not by one unit, whatever
/// the number of callers; only settle(), for a call that used more than its estimate, can.
///
/// Steps of the clock: a step back frees nothing, a step forward is passed time. After a step back of less than a
/// calendar window, that window goes on until its end.
/// Thread safety: safe.
class budgets {
public:
  using time = std::chrono::system_clock::time_point;

  /// \throws weir::error errc::invalid_configuration, naming the budget and the field.
  explicit budgets(std::vector<budget> all);
  budgets(const budgets&) = delete;
  budgets& operator=(const budgets&) = delete;
  ~budgets();

  /// An upper bound of what a call will use. An estimate that is empty means that there is no price: see
  /// budget::unpriced(). `currency`: of the estimate; empty: each budget's own.
  reservation reserve(const spend_subject& who, std::optional<money> estimate, std::uint64_t tokens, time now,
                      std::string_view currency = {});

  /// Something that was spent without a reservation, at `when`: by another program, or before a restart, from a ledger;
  /// in any order. It counts fully, even beyond a ceiling, in the windows that have it; what is later than `now`
  /// counts as now. Listeners are not told. `currency`: of the cost, as for reserve().
  /// \returns what there was to tell at `when`, each time and not once a window: for alerts::record().
  std::vector<budget_event> record(const spend_subject& who, std::optional<money> cost, std::uint64_t tokens, time when,
                                   time now, std::string_view currency = {});

  /// The budgets as they were given.
  std::vector<budget> rules() const;
  /// All budgets, with the groups that have something in the window; one without groups always.
  std::vector<budget_state> state(time now) const;

  /// What was spent, as lines of JSON, for load(). What is reserved is saved as spent: it may be billed.
  std::string save(time now) const;
  /// Adds what save() has written to what is counted, as record() does. Lines of budgets that are no longer there, or
  /// that are damaged, are passed over; returns how many.
  std::size_t load(std::string_view text, time now);

  /// Adds a listener. It is called on the thread that caused the event, without a lock; what it throws is dropped. Each
  /// kind comes at most once per group and window.
  void listen(std::function<void(const budget_event&)> listener);

private:
  friend class reservation;
  class shared_state;
  std::shared_ptr<shared_state> state_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
