#include "policy/spend/spend.hpp"

#include <boost/asio/this_coro.hpp>

#include <any>
#include <utility>

#include <weir/core/executor.hpp>
#include <weir/task/text_generation.hpp>

#include "policy/spend/charge.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// One attempt, from its reservation to its entry. Ends once; if nobody ends it, it was abandoned.
class charge {
public:
  using wall_time = std::chrono::system_clock::time_point;

  charge(std::shared_ptr<const spend_parts> parts, const call& c, reservation held, upper_bound expected,
         const time_source& time, wall_time wall)
      : parts_(std::move(parts)), op_(c.op), to_(c.to), record_(c.record), attempt_(c.attempt), held_(std::move(held)),
        expected_(expected), time_(&time), wall_(wall), began_(time.now()) {}
  charge(const charge&) = delete;
  charge& operator=(const charge&) = delete;
  ~charge() {
    if (over_)
      return;
    try {
      attempt_end abandoned;
      abandoned.failure = failure(errc::cancelled, {});
      // Without its clock, which may be gone with the context.
      end(abandoned, std::nullopt, duration());
    } catch (...) {
      // The reservation is kept.
    }
  }

  void end(const attempt_end& how) { end(how, time_->wall(), time_->now() - began_); }

private:
  void end(const attempt_end& how, std::optional<wall_time> now, duration took) {
    if (std::exchange(over_, true))
      return;
    const auto bill = billing_of(*attempt_, how);
    // Nothing happened at a provider that could be entered.
    if (bill == billing::nothing && attempt_->sent == duration())
      return held_.release();
    auto e = entry(how, bill);
    e.took = took;
    settle(e, bill, now);
    if (parts_->ledger)
      parts_->ledger->add(e);
  }

  ledger_entry entry(const attempt_end& how, billing bill) const {
    const auto& a = *attempt_;
    ledger_entry e;
    e.started = wall_;
    e.operation = op_->name();
    e.provider = a.provider.empty() ? to_.provider() : a.provider;
    e.model = a.model.empty() ? to_.model() : a.model;
    if (to_.provider() != e.provider || to_.model() != e.model) {
      e.target_provider = to_.provider();
      e.target_model = to_.model();
    }
    e.model_answered = how.info.model;
    e.key = to_.key();
    e.tenant = op_->options().tenant();
    e.tags = op_->options().tags();
    e.attempt = a.number;
    e.first = is_first();
    e.hedge = a.hedge;
    e.continuation = a.continuation;
    e.request_id = a.request_id;
    e.outcome = how.outcome;
    if (how.failure)
      e.error = name_of_code(how.failure.code());
    e.maybe_billed = bill == billing::maybe;
    e.service_tier = how.info.service_tier;
    e.speed = how.info.speed;
    e.usage = used_by(a, how, *op_, expected_.tokens, bill);
    if (bill == billing::maybe && parts_->budgets) {
      e.held_cost = expected_.cost;
      e.held_tokens = expected_.tokens.total();
    }
    if (bill == billing::nothing) {
      e.price.cost = money();
      e.price.currency = "USD";
      return e;
    }
    const auto q = query_of(to_, a.provider, e.model, wall_)
                       .model_answered(e.model_answered)
                       .usage(e.usage)
                       .service_tier(e.service_tier)
                       .speed(e.speed);
    e.price = price_of(parts_->prices.get(), q, a.provider);
    e.cache_saved = saved_by_cache(parts_->prices.get(), q, e.price);
    return e;
  }

  // Connections that failed are no requests.
  bool is_first() const noexcept {
    for (const auto& other : record_->attempts)
      if (other->number < attempt_->number && other->sent != duration())
        return false;
    return true;
  }

  void settle(const ledger_entry& e, billing bill, std::optional<wall_time> now) {
    if (bill == billing::nothing)
      held_.release();
    else if (!now)
      held_ = reservation(); // what is not ended is kept
    else if (bill == billing::maybe)
      held_.keep(*now);
    else
      held_.settle(e.price.cost, tokens_of(e.usage.units), *now);
  }

  static std::string name_of_code(const error_code& ec) {
    return ec.category() == error_category() ? std::string(name_of(static_cast<errc>(ec.value()))) : ec.message();
  }

  const std::shared_ptr<const spend_parts> parts_;
  const std::shared_ptr<const operation> op_;
  const target to_;
  const std::shared_ptr<const call_record> record_;
  const std::shared_ptr<const attempt> attempt_;
  reservation held_;
  const upper_bound expected_;
  const time_source* time_;
  const wall_time wall_;
  const time_point began_;
  bool over_ = false;
};

// The text of a complete response, for an estimate.
std::string text_of(const std::any& result) {
  std::string all;
  if (const auto* chat = std::any_cast<completion>(&result))
    for (const auto& one : chat->choices)
      all += one.reasoning + one.text;
  else if (const auto* made = std::any_cast<generation>(&result))
    all = made->text();
  return all;
}

class charge_listener final : public reply::listener {
public:
  charge_listener(std::unique_ptr<charge> c, std::string answered)
      : charge_(std::move(c)), answered_(std::move(answered)) {}
  void ended(const reply::source& from) override {
    attempt_end how;
    how.outcome = from.outcome();
    how.failure = from.failure();
    how.usage = from.usage();
    how.info = from.info();
    how.answered = answered_;
    charge_->end(how);
  }

private:
  std::unique_ptr<charge> charge_;
  std::string answered_;
};

class spend_layer final : public handler {
public:
  spend_layer(std::shared_ptr<const spend_parts> parts, handler_ptr inner)
      : parts_(std::move(parts)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    const auto& time = time_of(ex);
    if (!c.attempt)
      begin_attempt(c, time.now());
    check_ledger();
    const auto now = time.wall();
    const auto expected = bound_of(c, parts_->prices.get(), now);
    auto held = reserve(c, expected, now);
    auto open = std::make_unique<charge>(parts_, c, std::move(held), expected, time, now);
    failure why;
    std::exception_ptr failed;
    std::optional<reply> answer;
    try {
      answer.emplace(co_await (*inner_)(c));
    } catch (const error& e) {
      why = e.failure();
      failed = std::current_exception();
    } catch (...) {
      why = failure_of(std::current_exception());
      failed = std::current_exception();
    }
    if (failed) {
      attempt_end how;
      // What waits for the call turns its cancellation into the deadline's error only above this layer.
      if (why.code() == errc::cancelled && scope_of(ex)->reason() == errc::deadline_exceeded)
        why.code(errc::deadline_exceeded);
      how.failure = std::move(why);
      how.outcome = outcome_of(how.failure);
      open->end(how);
      std::rethrow_exception(failed);
    }
    auto text = !c.streamed && answer->usage().empty() ? text_of(answer->result()) : std::string();
    answer->attach(std::make_unique<charge_listener>(std::move(open), std::move(text)));
    co_return std::move(*answer);
  }

private:
  void check_ledger() const {
    std::string why;
    if (parts_->ledger && !parts_->ledger->ready(why))
      throw error(errc::not_saved, "nothing was sent, because the call could not be entered: " + why);
  }

  reservation reserve(const call& c, const upper_bound& expected, std::chrono::system_clock::time_point now) const {
    if (!parts_->budgets)
      return {};
    auto held = parts_->budgets->reserve(spend_subject()
                                             .key(c.to.key())
                                             .provider(c.to.provider())
                                             .model(c.to.model())
                                             .tenant(c.op->options().tenant())
                                             .tags(c.op->options().tags()),
                                         expected.cost, expected.tokens.total(), now);
    if (const auto* refusal = held.refusal()) {
      failure f(errc::over_budget, refusal->message());
      if (refusal->retry_at)
        f.retry_after(std::max(*refusal->retry_at - now, std::chrono::system_clock::duration()));
      throw error(std::move(f));
    }
    return held;
  }

  const std::shared_ptr<const spend_parts> parts_;
  const handler_ptr inner_;
};

} // namespace

layer make_spend(spend_parts parts) {
  return [parts = std::make_shared<const spend_parts>(std::move(parts))](handler_ptr inner) -> handler_ptr {
    if (!parts->ledger && !parts->budgets)
      return inner;
    return std::make_shared<spend_layer>(parts, std::move(inner));
  };
}

} // namespace weir::inline v0
