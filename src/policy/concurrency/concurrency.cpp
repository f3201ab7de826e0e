#include "policy/concurrency/concurrency.hpp"

#include <boost/asio/this_coro.hpp>

#include <optional>
#include <string>
#include <utility>

#include <weir/core/executor.hpp>

#include "policy/bounded_registry.hpp"
#include "policy/concurrency/queue_common.hpp"
#include "policy/late.hpp"
#include "policy/settings_error.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

using room = concurrency_set::room;

bool throttles(const failure& f) noexcept { return f.code() == errc::rate_limited || f.code() == errc::overloaded; }

// A permit, given back when it is destroyed.
class held_permit {
public:
  held_permit(std::shared_ptr<room> r, concurrency_core::permit p, asio::execution_context& context)
      : room_(std::move(r)), permit_(p), context_(&context) {}
  held_permit(held_permit&& other) noexcept
      : room_(std::move(other.room_)), permit_(other.permit_), context_(other.context_) {}
  held_permit& operator=(held_permit&&) = delete;
  ~held_permit() {
    if (room_)
      room_->change(now(), [this](concurrency_core& core) { core.release(permit_); });
  }

  void answered(std::optional<duration> first_token) {
    const auto at = now();
    room_->change(at, [&](concurrency_core& core) { core.answered(at, permit_, first_token); });
  }
  /// Whatever it failed with, the call has ended.
  void ended(const failure& f) {
    const auto at = now();
    const auto mine = std::exchange(room_, nullptr);
    mine->change(at, [&](concurrency_core& core) {
      if (throttles(f))
        core.throttled(at, permit_);
      else if (f.status() / 100 == 5 || f.code() == errc::server_error)
        core.failed(at);
      core.release(permit_);
    });
  }

private:
  time_point now() const { return time_of(*context_).now(); }

  std::shared_ptr<room> room_;
  concurrency_core::permit permit_;
  asio::execution_context* context_;
};

class permit_listener final : public reply::listener {
public:
  explicit permit_listener(held_permit p) : permit_(std::move(p)) {}

  void first_token(const reply::source& s) override {
    const auto& a = s.attempt();
    const auto took = a.first_token - a.sent;
    permit_.answered(took > duration() ? std::optional<duration>(took) : std::nullopt);
    answered_ = true;
  }
  void ended(const reply::source& s) override {
    if (!answered_ && !s.failure().failed())
      permit_.answered(std::nullopt);
    permit_.ended(s.failure());
  }

private:
  held_permit permit_;
  bool answered_ = false;
};

class concurrency_layer final : public handler {
public:
  concurrency_layer(handler_ptr inner, std::shared_ptr<concurrency_set> shared)
      : inner_(std::move(inner)), shared_(std::move(shared)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    const auto& time = time_of(ex);
    const auto where = last_.of(c.to, [&] { return shared_->of(c.to, time.now()); });
    concurrency_core::request wanted;
    wanted.priority = c.priority;
    wanted.deadline = scope_of(ex)->deadline();

    throw_if_late(*scope_of(ex), time.now(), c.to);
    auto granted = where->try_enter(time.now(), wanted);
    if (!granted) {
      const queued_time waiting(c.attempt, time);
      const auto decided = co_await room::enter(where, wanted);
      if (decided.what != admission::granted) {
        const auto why = refusal(decided, c.to);
        throw error(why);
      }
      granted = decided.held;
    }
    held_permit held(where, *granted, asio::query(ex, asio::execution::context));

    std::optional<reply> answer;
    try {
      answer.emplace(co_await (*inner_)(c));
    } catch (const error& e) {
      held.ended(e.failure());
      throw;
    }
    answer->attach(std::make_unique<permit_listener>(std::move(held)));
    co_return std::move(*answer);
  }

private:
  failure refusal(const room::decision_type& d, const target& to) const {
    if (d.what == admission::no_time)
      return too_late(to);
    return {errc::pool_exhausted, std::to_string(shared_->settings().max_waiting()) +
                                      " calls already wait for a permit to call " + to.text() +
                                      " (concurrency.max_waiting): try again later, or raise the limit"};
  }

  handler_ptr inner_;
  std::shared_ptr<concurrency_set> shared_;
  last_used<room> last_;
};

} // namespace

void concurrency::check(std::string_view path) const {
  if (adaptive_ && limit_ > 0)
    throw_invalid_setting(path, "limit", "must be 0 if the limit is adaptive (concurrency.max then bounds it)");
  if (min_ == 0)
    throw_invalid_setting(path, "min", "must be at least 1");
  if (initial_ < min_ || initial_ > max_)
    throw_invalid_setting(path, "initial", "must be from min to max");
  if (episode_ <= duration())
    throw_invalid_setting(path, "episode", "must be above 0");
  if (!(slow_first_token_ > 1) || slow_first_token_ > 1e6)
    throw_invalid_setting(path, "slow_first_token", "must be above 1");
  check_queue(path, batch_share_, max_waiting_);
}

std::vector<concurrency_state> concurrency_set::inspect(time_point now) const { return rooms_.states(now); }

layer make_concurrency(std::shared_ptr<concurrency_set> shared) {
  return [shared](handler_ptr inner) -> handler_ptr {
    if (!shared->settings().limited())
      return inner;
    return std::make_shared<concurrency_layer>(std::move(inner), shared);
  };
}

} // namespace weir::inline v0
