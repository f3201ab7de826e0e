#include "policy/rate/rate_limit.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <weir/core/executor.hpp>
#include <weir/core/random.hpp>

#include "core/time/duration.hpp"
#include "policy/bounded_registry.hpp"
#include "policy/concurrency/queue_common.hpp"
#include "policy/late.hpp"
#include "policy/outcome.hpp"
#include "policy/settings_error.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

using room = rate_limit_set::room;

std::optional<std::uint64_t> used_tokens(const usage& u, counted_tokens counted) noexcept {
  switch (counted) {
  case counted_tokens::prompt: return u.prompt_tokens;
  case counted_tokens::completion: return u.completion_tokens;
  case counted_tokens::all: break;
  }
  if (u.total_tokens)
    return u.total_tokens;
  if (u.prompt_tokens && u.completion_tokens)
    return *u.prompt_tokens + *u.completion_tokens;
  return std::nullopt;
}

// What an answer that broke off is known to have used: at least this much.
std::uint64_t least_tokens(const usage& u, counted_tokens counted) noexcept {
  const auto prompt = counted == counted_tokens::completion ? 0 : u.prompt_tokens.value_or(0);
  const auto completion = counted == counted_tokens::prompt ? 0 : u.completion_tokens.value_or(0);
  return std::max(prompt + completion, used_tokens(u, counted).value_or(0));
}

std::uint64_t estimated_tokens(const operation& q, counted_tokens counted) {
  const auto e = q.tokens();
  switch (counted) {
  case counted_tokens::prompt: return e.prompt;
  case counted_tokens::completion: return e.completion;
  case counted_tokens::all: break;
  }
  return e.total();
}

// A reservation and its outcome. One that is dropped without an outcome keeps what it took.
class held_reservation {
public:
  held_reservation(std::shared_ptr<room> r, rate_limit_core::reservation what, asio::execution_context& context,
                   counted_tokens counted)
      : room_(std::move(r)), what_(what), context_(&context), counted_(counted) {}
  held_reservation(held_reservation&& other) noexcept
      : room_(std::move(other.room_)), what_(other.what_), context_(other.context_), counted_(other.counted_),
        judged_(other.judged_) {}
  held_reservation& operator=(held_reservation&&) = delete;
  ~held_reservation() {
    if (room_)
      end([](rate_limit_core& core, time_point now, const auto& what) { core.keep(now, what); });
  }

  /// An answer has begun: it was not throttled.
  void accepted(const rate_limit_status& told) {
    const auto now = time_of(*context_).now();
    judged_ = true;
    room_->change(now, [&](rate_limit_core& core) {
      core.accepted(now, what_);
      core.learn(now, what_, told);
    });
  }

  void ended(outcome o, const failure& f, const usage& u) {
    const auto used = used_tokens(u, counted_);
    const auto least = least_tokens(u, counted_);
    const auto random = f.code() == errc::rate_limited ? random_uniform(*context_) : 0;
    end([&](rate_limit_core& core, time_point now, const auto& what) {
      if (f.code() == errc::rate_limited)
        core.throttled(now, what, f.retry_after(), random);
      if (succeeded(o) && used)
        core.settle(now, what, *used);
      else
        core.keep(now, what, least);
    });
  }

  /// No answer will come.
  void failed(const failure& f, const weir::attempt* a) {
    const int status = a && a->status != 0 ? a->status : f.status();
    const bool reached = status != 0 || (a && a->sent > duration());
    const bool throttled = reached && f.code() == errc::rate_limited;
    const auto random = throttled ? random_uniform(*context_) : 0;
    const bool was_judged = std::exchange(judged_, status != 0);
    end([&](rate_limit_core& core, time_point now, const auto& what) {
      if (a)
        core.learn(now, what, a->limits);
      if (throttled)
        core.throttled(now, what, f.retry_after(), random);
      else if (status != 0 && !was_judged)
        core.accepted(now, what);
      if (!reached)
        core.refund(now, what);
      else if (status / 100 == 4)
        core.settle(now, what, 0); // A refusal costs the request and no tokens.
      else
        core.keep(now, what);
    });
  }

private:
  template <class F>
  void end(F f) {
    const auto mine = std::exchange(room_, nullptr);
    const auto now = time_of(*context_).now();
    mine->change(now, [&](rate_limit_core& core) {
      f(core, now, what_);
      if (!judged_)
        core.withdrawn(what_);
    });
  }

  std::shared_ptr<room> room_;
  rate_limit_core::reservation what_;
  asio::execution_context* context_;
  counted_tokens counted_;
  bool judged_ = false; ///< The gate knows its outcome.
};

class reservation_listener final : public reply::listener {
public:
  explicit reservation_listener(held_reservation h) : held_(std::move(h)) {}
  void ended(const reply::source& s) override { held_.ended(s.outcome(), s.failure(), s.usage()); }

private:
  held_reservation held_;
};

class rate_limit_layer final : public handler {
public:
  rate_limit_layer(handler_ptr inner, std::shared_ptr<rate_limit_set> shared)
      : inner_(std::move(inner)), shared_(std::move(shared)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    const auto& time = time_of(ex);
    const auto where = last_.of(c.to, [&] { return shared_->of(c.to, time.now()); });
    const auto counted = shared_->settings().counted();
    rate_limit_core::request wanted;
    if (shared_->settings().tokens_per_minute() || shared_->settings().tokens_per_day())
      wanted.tokens = estimated_tokens(*c.op, counted);
    wanted.priority = c.priority;
    wanted.deadline = scope_of(ex)->deadline();

    throw_if_late(*scope_of(ex), time.now(), c.to);
    auto granted = where->try_enter(time.now(), wanted);
    if (!granted) {
      const queued_time waiting(c.attempt, time);
      const auto decided = co_await room::enter(where, wanted);
      if (decided.what != admission::granted) {
        // Its deadline passed before its turn came: not the limit's doing.
        const bool late = decided.what == admission::no_time && decided.wait <= duration::zero();
        const auto why = late ? too_late(c.to) : refusal(*where, decided, wanted, c.to);
        throw error(why);
      }
      granted = decided.held;
    }
    held_reservation held(where, *granted, asio::query(ex, asio::execution::context), counted);

    std::optional<reply> answer;
    try {
      answer.emplace(co_await (*inner_)(c));
    } catch (const error& e) {
      if (shared_->settings().gate() && e.code() == errc::rate_limited) {
        c.paced = true;
        c.served_others = where->look([&](rate_limit_core& core) { return core.serves(time.now()); });
      }
      held.failed(e.failure(), c.attempt.get());
      throw;
    } catch (...) {
      held.failed(failure(), c.attempt.get());
      throw;
    }
    held.accepted(answer->attempt().limits);
    answer->attach(std::make_unique<reservation_listener>(std::move(held)));
    co_return std::move(*answer);
  }

private:
  failure refusal(room& where, const room::decision_type& d, const rate_limit_core::request& wanted,
                  const target& to) const {
    static constexpr const char* fields[] = {"requests_per_minute", "tokens_per_minute", "requests_per_day",
                                             "tokens_per_day"};
    if (d.what == admission::too_large) {
      const auto [kind, limit] = where.look([&](rate_limit_core& core) {
        const auto k = core.larger_than(wanted);
        return std::make_pair(k, core.configured(k));
      });
      return {errc::invalid_argument, "this call may take " + std::to_string(wanted.tokens) +
                                          " tokens, more than the " + std::to_string(limit) + " of rate_limit." +
                                          fields[kind] + ": shorten the prompt, lower max_tokens, or raise the limit"};
    }
    const bool limited = where.look([](rate_limit_core& core) { return core.limited(); });
    const auto about = limited ? "the local rate limit for " + to.text()
                               : to.text() + " answered 429, so calls are paced to what it serves";
    failure f(errc::limit_reached,
              d.what == admission::full
                  ? about + ": " + std::to_string(shared_->settings().max_waiting()) +
                        " calls are already waiting (rate_limit.max_waiting); the next would wait " +
                        format_duration(d.wait)
                  : about + ": this call's turn would come in " + format_duration(d.wait) +
                        ", after its deadline: allow more time" + (limited ? " or raise the limit" : ""));
    f.retry_after(d.wait);
    return f;
  }

  handler_ptr inner_;
  std::shared_ptr<rate_limit_set> shared_;
  last_used<room> last_;
};

} // namespace

void rate_limit::check(std::string_view path) const {
  check_queue(path, batch_share_, max_waiting_);
  if (longest_gate_ <= duration())
    throw_invalid_setting(path, "longest_gate", "must be above 0");
  if (requests_per_day_ > 0 && requests_per_minute_ > requests_per_day_)
    throw_invalid_setting(path, "requests_per_minute", "must not be more than requests_per_day");
  if (tokens_per_day_ > 0 && tokens_per_minute_ > tokens_per_day_)
    throw_invalid_setting(path, "tokens_per_minute", "must not be more than tokens_per_day");
}

std::vector<rate_limit_state> rate_limit_set::inspect(time_point now) const { return rooms_.states(now); }

layer make_rate_limit(std::shared_ptr<rate_limit_set> shared) {
  return [shared](handler_ptr inner) -> handler_ptr {
    if (!shared->settings().limited() && !shared->settings().gate())
      return inner;
    return std::make_shared<rate_limit_layer>(std::move(inner), shared);
  };
}

} // namespace weir::inline v0
