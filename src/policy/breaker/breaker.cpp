#include "policy/breaker/breaker.hpp"

#include <boost/asio/this_coro.hpp>

#include <optional>
#include <string>
#include <utility>

#include <weir/core/executor.hpp>
#include <weir/core/random.hpp>

#include "core/time/duration.hpp"
#include "policy/breaker/breaker_set.hpp"
#include "policy/late.hpp"
#include "policy/outcome.hpp"
#include "policy/settings_error.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr duration longest = std::chrono::hours(24);
// How often a stream reports that it is delivering.
constexpr duration tell_every = std::chrono::milliseconds(100);

failure open_failure(const target& to, const breaker_core::refusal& why) {
  std::string words = to.text() + " is not called: its calls have been failing for " + format_duration(why.open_for);
  if (why.wait > duration::zero())
    words += "; the next one is let through in " + format_duration(why.wait);
  else
    words += "; a probe is in flight to see whether they still do";
  failure f(errc::circuit_open, std::move(words));
  if (why.wait > duration::zero())
    f.retry_after(why.wait);
  return f;
}

class judge final : public reply::listener {
public:
  judge(breaker_permit permit, asio::any_io_executor ex, duration slow, time_point sent, duration queued)
      : permit_(std::move(permit)), executor_(std::move(ex)), slow_(slow), sent_(sent), queued_(queued) {}

  void first_token(const reply::source& s) override {
    const auto now = time_of(executor_).now();
    // Waiting for our own permits does not make the target slow.
    const auto took = now - sent_ - (s.attempt().queued - queued_);
    if (slow_ > duration::zero() && took > slow_)
      permit_.report(breaker_verdict::failure, now, random_uniform(executor_));
    else
      permit_.alive(now);
  }

  void token(const reply::source&, time_point now) override {
    if (now - told_ < tell_every)
      return;
    told_ = now;
    permit_.token(now);
  }

  void ended(const reply::source& s) override {
    const auto v = succeeded(s.outcome()) ? breaker_verdict::success : breaker_verdict_of(s.failure());
    // Without a verdict no clock is read: the context may be shutting down.
    if (v != breaker_verdict::none)
      permit_.report(v, time_of(executor_).now(), random_uniform(executor_));
  }

private:
  breaker_permit permit_;
  asio::any_io_executor executor_;
  duration slow_;
  time_point sent_;
  duration queued_;
  time_point told_{};
};

// Reports a 2xx head while it lives.
class head_watch {
public:
  head_watch(call& c, breaker_permit& permit, const time_source& clock) : call_(c) {
    call_.on_head = [&permit, &clock] { permit.alive(clock.now()); };
  }
  head_watch(const head_watch&) = delete;
  head_watch& operator=(const head_watch&) = delete;
  ~head_watch() { call_.on_head = nullptr; }

private:
  call& call_;
};

class breaker_layer final : public handler {
public:
  breaker_layer(breaker settings, std::shared_ptr<breaker_set> shared, handler_ptr inner)
      : settings_(std::move(settings)), shared_(std::move(shared)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override;

private:
  const breaker settings_;
  const std::shared_ptr<breaker_set> shared_;
  const handler_ptr inner_;
  last_used<circuit> last_;
};

asio::awaitable<reply> breaker_layer::operator()(call& c) {
  const auto ex = co_await asio::this_coro::executor;
  const auto& clock = time_of(ex);
  const auto now = clock.now();
  throw_if_late(*scope_of(ex), now, c.to);
  breaker_core::refusal why;
  const auto here = last_.of(c.to, [&] { return shared_->at(c.to.model_id(), settings_); });
  c.health = settings_.wait() && !c.elsewhere ? here : nullptr;
  auto permit = here->admit(now, why);
  if (!permit)
    throw error(open_failure(c.to, why));
  const auto queued = c.attempt ? c.attempt->queued : duration::zero();
  try {
    const head_watch watch(c, *permit, clock);
    auto r = co_await (*inner_)(c);
    r.attach(std::make_unique<judge>(std::move(*permit), ex, settings_.slow_first_token(), now, queued));
    co_return std::move(r);
  } catch (const error& e) {
    permit->report(breaker_verdict_of(e.failure()), clock.now(), random_uniform(ex));
    throw;
  }
}

} // namespace

std::string_view name_of(breaker_state::phase p) noexcept {
  switch (p) {
  case breaker_state::phase::closed: return "closed";
  case breaker_state::phase::open: return "open";
  case breaker_state::phase::half_open: return "half_open";
  }
  return "none";
}

void breaker::check(std::string_view path) const {
  if (!(min_success_ >= 0 && min_success_ <= 1))
    throw_invalid_setting(path, "min_success", "must be from 0, which switches it off, to 1");
  if (consecutive_span_ < duration::zero() || consecutive_span_ > longest)
    throw_invalid_setting(path, "consecutive_span", "must be from 0 to 24 h");
  if (!(consecutive_share_ >= 0 && consecutive_share_ <= 1))
    throw_invalid_setting(path, "consecutive_share", "must be from 0 to 1");
  if (window_ < std::chrono::milliseconds(10) || window_ > longest)
    throw_invalid_setting(path, "window", "must be from 10 ms to 24 h");
  if (open_for_ < std::chrono::milliseconds(1) || open_for_ > longest)
    throw_invalid_setting(path, "open_for", "must be from 1 ms to 24 h");
  if (open_for_at_most_ < open_for_ || open_for_at_most_ > longest)
    throw_invalid_setting(path, "open_for_at_most", "must be from open_for to 24 h");
  if (slow_first_token_ < duration::zero())
    throw_invalid_setting(path, "slow_first_token", "must not be negative");
}

layer make_breaker(breaker settings, std::shared_ptr<breaker_set> shared) {
  return [settings = std::move(settings), shared = std::move(shared)](handler_ptr inner) -> handler_ptr {
    if (!settings.enabled())
      return inner;
    return std::make_shared<breaker_layer>(settings, shared, std::move(inner));
  };
}

} // namespace weir::inline v0
