#include "policy/spend/spend.hpp"

#include <boost/asio/this_coro.hpp>

#include <any>
#include <utility>

#include <weir/core/executor.hpp>
#include <weir/task/text_generation.hpp>

#include "core/failure/code_name.hpp"
#include "policy/spend/charge.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// What the charges of a layer work with.
struct spend_state {
  explicit spend_state(spend_parts p) : parts(std::move(p)) {}
  const spend_parts parts;
  mapped_names names;
};

// One attempt, from its reservation to its entry. Ends once; if nobody ends it, it was abandoned.
class charge final : public reply::listener {
public:
  using wall_time = std::chrono::system_clock::time_point;

  charge(std::shared_ptr<spend_state> state, const call& c, const time_source& time, wall_time wall)
      : state_(std::move(state)), op_(c.op), to_(c.to), record_(c.record), attempt_(c.attempt), time_(&time),
        wall_(wall), began_(c.begun + c.attempt->begun) {
    query_.started(wall);
    most_ = bound_of(c, state_->parts.prices.get(), state_->names, query_);
  }
  charge(const charge&) = delete;
  charge& operator=(const charge&) = delete;
  ~charge() override {
    if (over_)
      return;
    try {
      const failure why(errc::cancelled, {});
      // Without its clock, which may be gone with the context.
      end(attempt_end(outcome::cancelled, why), std::nullopt, duration());
    } catch (...) {
      // The reservation is kept.
    }
  }

  /// Before anything else. \throws weir::error errc::over_budget.
  void reserve() {
    if (state_->parts.budgets)
      held_ = reserved();
    over_ = false;
  }
  void answered(std::string text) { answered_ = std::move(text); }
  void ended(const reply::source& from) override {
    end(attempt_end(from.outcome(), from.failure(), from.usage(), from.info(), answered_));
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
    ledger_entry e;
    e.took = took;
    describe(e, how, bill);
    settle(e, bill, now);
    if (state_->parts.ledger)
      state_->parts.ledger->add(e);
  }

  void describe(ledger_entry& e, const attempt_end& how, billing bill) {
    const auto& a = *attempt_;
    e.started = wall_;
    e.operation = op_->name();
    e.provider = a.provider.empty() ? to_.provider() : a.provider;
    e.model = a.model.empty() ? to_.model() : a.model;
    if (to_.provider() != e.provider || to_.model() != e.model) {
      e.target_provider = to_.provider();
      e.target_model = to_.model();
      if (!most_.mapped || most_.mapped->provider != e.provider || most_.mapped->model != e.model)
        state_->names.learn(to_, e.provider, e.model);
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
      e.error = code_name(how.failure.code());
    e.maybe_billed = bill == billing::maybe;
    e.service_tier = how.info.service_tier;
    e.speed = how.info.speed;
    e.usage = used_by(a, how, *op_, most_.expected, bill);
    if (bill == billing::maybe && state_->parts.budgets) {
      e.held_cost = most_.cost;
      e.held_tokens = most_.tokens;
    }
    if (bill == billing::nothing) {
      e.price.cost = money();
      e.price.currency = "USD";
      return;
    }
    const auto* prices = state_->parts.prices.get();
    query_.model_answered(e.model_answered).usage(e.usage).service_tier(e.service_tier).speed(e.speed);
    e.price = price_of(prices, query_, to_, e.provider, e.model);
    e.cache_saved = saved_by_cache(prices, query_, e.price);
  }

  reservation reserved() const {
    auto held = state_->parts.budgets->reserve(spend_subject()
                                                   .key(to_.key())
                                                   .provider(to_.provider())
                                                   .model(to_.model())
                                                   .tenant(op_->options().tenant())
                                                   .tags(op_->options().tags()),
                                               most_.cost, most_.tokens, wall_, most_.currency);
    if (const auto* refusal = held.refusal()) {
      failure f(errc::over_budget, refusal->message());
      if (refusal->retry_at)
        f.retry_after(std::max(*refusal->retry_at - wall_, wall_time::duration()));
      throw error(std::move(f));
    }
    return held;
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
      held_.settle(e.price.cost, tokens_of(e.usage.units), *now, e.price.currency);
  }

  const std::shared_ptr<spend_state> state_;
  const std::shared_ptr<const operation> op_;
  const target to_;
  const std::shared_ptr<const call_record> record_;
  const std::shared_ptr<const attempt> attempt_;
  reservation held_;
  price_query query_;
  upper_bound most_;
  std::string answered_;
  const time_source* time_;
  const wall_time wall_;
  const time_point began_;
  bool over_ = true; // until it is reserved, too
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

class spend_layer final : public handler {
public:
  spend_layer(std::shared_ptr<spend_state> state, handler_ptr inner)
      : state_(std::move(state)), parts_(state_->parts), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    const auto& time = time_of(ex);
    if (!c.attempt)
      begin_attempt(c, time.now());
    check_ledger();
    auto open = std::make_unique<charge>(state_, c, time, time.wall());
    open->reserve();
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
      // What waits for the call turns its cancellation into the deadline's error only above this layer.
      if (why.code() == errc::cancelled && scope_of(ex)->reason() == errc::deadline_exceeded)
        why.code(errc::deadline_exceeded);
      open->end(attempt_end(outcome_of(why), why));
      std::rethrow_exception(failed);
    }
    if (!c.streamed && answer->usage().empty())
      open->answered(text_of(answer->result()));
    answer->attach(std::move(open));
    co_return std::move(*answer);
  }

private:
  void check_ledger() const {
    std::string why;
    if (parts_.ledger && !parts_.ledger->ready(why))
      throw error(errc::not_saved, "nothing was sent, because the call could not be entered: " + why);
  }

  const std::shared_ptr<spend_state> state_;
  const spend_parts& parts_;
  const handler_ptr inner_;
};

} // namespace

layer make_spend(spend_parts parts) {
  return [state = std::make_shared<spend_state>(std::move(parts))](handler_ptr inner) -> handler_ptr {
    if (!state->parts.ledger && !state->parts.budgets)
      return inner;
    return std::make_shared<spend_layer>(state, std::move(inner));
  };
}

} // namespace weir::inline v0
