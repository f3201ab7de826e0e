#include "policy/recover/retry.hpp"

#include <boost/asio/this_coro.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <weir/core/executor.hpp>
#include <weir/core/random.hpp>

#include "core/time/duration.hpp"
#include "policy/concurrency/queue_common.hpp"
#include "policy/late.hpp"
#include "policy/outcome.hpp"
#include "policy/recover/quota_set.hpp"
#include "policy/recover/retry_core.hpp"
#include "policy/settings_error.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// Refills the quota if the call succeeds, otherwise not.
class refund final : public reply::listener {
public:
  refund(std::shared_ptr<named_quota> to, std::uint64_t amount) noexcept : to_(std::move(to)), amount_(amount) {}
  void ended(const reply::source& s) override {
    if (succeeded(s.outcome()))
      to_->give_back(amount_);
  }

private:
  std::shared_ptr<named_quota> to_;
  std::uint64_t amount_;
};

class retry_layer final : public handler {
public:
  retry_layer(retry settings, std::shared_ptr<quota_set> shared, handler_ptr inner)
      : settings_(std::move(settings)), shared_(std::move(shared)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override;

private:
  std::shared_ptr<named_quota> quota_of(const target& to) {
    return shared_->at(to.credential_id(), settings_.quota_capacity());
  }

  const retry settings_;
  const std::shared_ptr<quota_set> shared_;
  const handler_ptr inner_;
};

void note(call& c, const failure& why, time_point now) {
  auto& a = *c.attempt;
  if (!a.failure)
    a.failure = why;
  if (a.ended == duration::zero())
    a.ended = now - c.begun - a.begun;
}

failure last_word(failure f, const retry_core& core, const retry_core::decision& d) {
  std::string more;
  if (core.failures() > 1)
    more = std::to_string(core.failures()) + " attempts";
  const auto because = [&more](const std::string& why) { more += (more.empty() ? "" : "; ") + why; };
  switch (d.what) {
  case retry_core::verdict::too_long:
    because("not retried: it would have to wait for " + format_duration(d.wait) +
            ", longer than the deadline or retry.max_retry_after allows");
    break;
  case retry_core::verdict::no_quota:
    because("not retried: too many calls fail, and the retry quota is used up");
    break;
  case retry_core::verdict::billed:
    because("not retried: it may already have been charged for (retry.retry_billed)");
    break;
  default: break;
  }
  if (!more.empty())
    f.message((f.message().empty() ? f.code().message() : f.message()) + " (" + more + ")");
  return f;
}

asio::awaitable<reply> retry_layer::operator()(call& c) {
  auto settings = settings_;
  if (c.op)
    settings.attempts(c.op->options().attempts().value_or(settings_.attempts()));
  if (settings.attempts() == 1)
    co_return co_await (*inner_)(c);
  const auto ex = co_await asio::this_coro::executor;
  const auto& clock = time_of(ex);
  const auto in = scope_of(ex);
  const auto until = std::min(in->deadline(), c.reply_scope->deadline());
  const auto left = [&] { return until == never ? duration::max() : until - clock.now(); };
  retry_core core(settings, in->retry_backoff());
  for (bool unsent = false;;) {
    throw_if_late(*in, clock.now(), c.to);
    // A try that sent nothing is still the same attempt, which waits.
    if (!unsent)
      begin_attempt(c, clock.now());
    c.health.reset();
    c.paced = c.served_others = false;
    failure why;
    try {
      auto r = co_await (*inner_)(c);
      co_await r.ready();
      r.attach(std::make_unique<refund>(quota_of(c.to), core.refund()));
      co_return std::move(r);
    } catch (const error& e) {
      why = e.failure();
    }
    unsent = why.code() == errc::circuit_open;
    if (!unsent)
      note(c, why, clock.now());
    retry_core::try_result result(why);
    result.maybe_billed = c.attempt->maybe_billed;
    result.paced = c.paced;
    result.served_others = c.served_others;
    const auto see = [&] {
      result.left = left();
      if (c.health)
        result.health = c.health->look(clock.now(), random_uniform(ex));
    };
    see();
    auto next = core.after(result, random_uniform(ex), *quota_of(c.to));
    while (next.what == retry_core::verdict::look_again) {
      co_await sleep_for(next.wait);
      see();
      next = core.look(result, random_uniform(ex), *quota_of(c.to));
    }
    if (next.what != retry_core::verdict::again && next.what != retry_core::verdict::when_up) {
      note(c, why, clock.now());
      if (next.what == retry_core::verdict::too_long && result.left <= duration::zero())
        throw error(too_late(c.to).status(why.status()).remote(why.remote()).request_id(why.request_id()));
      throw error(last_word(std::move(why), core, next));
    }
    std::optional<queued_time> waiting;
    if (unsent)
      waiting.emplace(c.attempt, clock);
    co_await sleep_for(next.wait);
  }
}

} // namespace

void retry::check(std::string_view path) const {
  if (attempts_ < 1 || attempts_ > 100)
    throw_invalid_setting(path, "attempts", "must be from 1, which means no retries, to 100");
  if (quota_capacity_ > 1'000'000)
    throw_invalid_setting(path, "quota_capacity", "must be at most 1000000");
  if (cost_ > 1'000'000)
    throw_invalid_setting(path, "cost", "must be at most 1000000");
  if (throttling_cost_ > 1'000'000)
    throw_invalid_setting(path, "throttling_cost", "must be at most 1000000");
  if (throttling_base_ < duration::zero())
    throw_invalid_setting(path, "throttling_base", "must not be negative");
  if (max_retry_after_ < duration::zero())
    throw_invalid_setting(path, "max_retry_after", "must not be negative");
}

layer make_retry(retry settings, std::shared_ptr<quota_set> shared) {
  return [settings = std::move(settings), shared = std::move(shared)](handler_ptr inner) -> handler_ptr {
    return std::make_shared<retry_layer>(settings, shared, std::move(inner));
  };
}

} // namespace weir::inline v0
