#include "bench/engine/simulated_target.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

#include <weir/bench/bench.hpp>
#include <weir/core/backoff.hpp>
#include <weir/core/executor.hpp>
#include <weir/policy/handler.hpp>
#include <weir/testing/fake_provider.hpp>

namespace weir::test {

namespace asio = boost::asio;

class simulated_target::state {
public:
  behaviour how;
  time_point begun{};
  std::vector<service> served;
  std::uint64_t in_flight = 0, most = 0;
};

namespace {

// Counted while it lives.
template <class State>
class guest {
public:
  explicit guest(std::shared_ptr<State> s) : state_(std::move(s)) {
    state_->most = std::max(state_->most, ++state_->in_flight);
  }
  ~guest() { --state_->in_flight; }

private:
  std::shared_ptr<State> state_;
};

// An answer whose pieces come at known times.
template <class State>
class timed_reply final : public reply::source {
public:
  timed_reply(std::shared_ptr<State> s, service how, std::shared_ptr<weir::attempt> record, time_point begun,
              time_source& t)
      : state_(s), guest_(std::in_place, std::move(s)), how_(how), record_(std::move(record)), begun_(begun), time_(t),
        due_(begun + how.first) {}

  asio::awaitable<std::optional<event>> next() override {
    if (sent_ > how_.tokens)
      co_return std::nullopt;
    if (sent_ == how_.tokens) {
      ++sent_;
      usage_.prompt_tokens = 7;
      usage_.completion_tokens = how_.tokens;
      outcome_ = weir::outcome::complete;
      record_->ended = time_.now() - begun_;
      guest_.reset();
      tell_end();
      co_return std::nullopt;
    }
    if (sent_ > 0)
      due_ += gap();
    if (const auto left = due_ - time_.now(); left > duration())
      co_await sleep_for(left);
    const auto now = time_.now();
    if (sent_++ == 0) {
      record_->first_token = now - begun_;
      tell_first_token();
    } else {
      tell_token(now);
    }
    co_return event(event::kind::text, "x");
  }
  asio::awaitable<bool> ready() override { co_return true; }
  void end_by(errc reason) noexcept override {
    if (sent_ > how_.tokens)
      return;
    sent_ = how_.tokens + 1;
    outcome_ = weir::outcome::cancelled;
    failure_ = weir::failure(reason, "ended");
    guest_.reset();
    tell_end();
  }
  weir::outcome outcome() const noexcept override { return outcome_; }
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return usage_; }
  const std::string& finish_reason() const noexcept override { return reason_; }
  const answer_info& info() const noexcept override { return info_; }
  const weir::attempt& attempt() const noexcept override { return *record_; }

private:
  duration gap() const noexcept {
    if (how_.shared_per_s <= 0)
      return how_.gap;
    const double shared = static_cast<double>(state_->in_flight) / how_.shared_per_s;
    return std::max(how_.gap, duration(static_cast<duration::rep>(shared * 1e9)));
  }

  const std::shared_ptr<State> state_;
  std::optional<guest<State>> guest_;
  const service how_;
  std::shared_ptr<weir::attempt> record_;
  const time_point begun_;
  time_source& time_;
  time_point due_;
  std::uint64_t sent_ = 0;
  weir::outcome outcome_ = weir::outcome::truncated;
  weir::failure failure_;
  weir::usage usage_;
  std::string reason_ = "stop";
  answer_info info_;
};

template <class State>
class target_handler final : public handler {
public:
  explicit target_handler(std::shared_ptr<State> s) : state_(std::move(s)) {}

  asio::awaitable<reply> operator()(call&) override {
    const auto ex = co_await asio::this_coro::executor;
    auto& time = time_of(ex);
    const auto now = time.now();
    auto how = state_->how(now - state_->begun, state_->in_flight);
    state_->served.push_back(how);
    if (how.status != 200)
      throw error(failure(errc::rate_limited, "too many requests").status(how.status));
    auto record = std::make_shared<attempt>();
    record->provider = "simulated";
    record->model = "m";
    record->url = "http://simulated/v1";
    record->status = 200;
    record->sent = duration(1); // 0 would be "not sent"
    record->first_byte = duration(1);
    record->connection.reused = true;
    co_return reply(std::make_shared<timed_reply<State>>(state_, how, std::move(record), now, time));
  }

private:
  std::shared_ptr<State> state_;
};

template <class State>
options options_of(const std::shared_ptr<State>& s) {
  auto o = bench_client_options(weir::testing::fake_provider().options());
  o.layer([s](handler_ptr) -> handler_ptr { return std::make_shared<target_handler<State>>(s); });
  return o;
}

} // namespace

simulated_target::simulated_target(asio::io_context& io, behaviour how)
    : state_(std::make_shared<state>()), client_(options_of(state_)) {
  state_->how = std::move(how);
  state_->begun = time_of(static_cast<asio::execution_context&>(io)).now();
}

const std::vector<service>& simulated_target::served() const noexcept { return state_->served; }
std::uint64_t simulated_target::in_flight() const noexcept { return state_->in_flight; }
std::uint64_t simulated_target::most_in_flight() const noexcept { return state_->most; }

} // namespace weir::test
