#include "policy/select/routing.hpp"

#include <boost/asio/this_coro.hpp>

#include <weir/core/executor.hpp>
#include <weir/core/random.hpp>

#include "core/stable_hash.hpp"
#include "policy/alternatives/fallback_core.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;
using verdict = balance_core::verdict;

namespace {

balance_core core_of(const routing& settings) {
  settings.check("routing");
  return balance_core(settings);
}

} // namespace

routing_set::routing_set(const routing& settings) : core_(core_of(settings)) {
  for (const auto& t : settings.targets())
    targets_.push_back(t.to);
}

std::size_t routing_set::pick(time_point now, double first, double second) {
  std::lock_guard lock(mutex_);
  return core_.pick(now, first, second);
}

std::size_t routing_set::pick_kept(time_point now, std::uint64_t key, const std::vector<std::size_t>& tried) {
  std::lock_guard lock(mutex_);
  return core_.pick_kept(now, key, tried);
}

std::size_t routing_set::pick_other(time_point now, const std::vector<std::size_t>& tried) {
  std::lock_guard lock(mutex_);
  return core_.pick_other(now, tried);
}

void routing_set::first_token(std::size_t target, duration took, time_point now) {
  std::lock_guard lock(mutex_);
  core_.first_token(target, took, now);
}

void routing_set::ended(std::size_t target, verdict v, time_point now) {
  std::lock_guard lock(mutex_);
  core_.ended(target, v, now);
}

std::vector<routing_state> routing_set::inspect(time_point now) const {
  std::lock_guard lock(mutex_);
  std::vector<routing_state> list;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    list.push_back(core_.state(i, now));
    list.back().target = targets_[i].text();
  }
  return list;
}

namespace {

// A call in flight at a target; ends without a verdict unless one is passed.
class place {
public:
  place(std::shared_ptr<routing_set> set, std::size_t target, time_source& time)
      : set_(std::move(set)), target_(target), time_(&time), begun_(time.now()) {}
  place(place&&) noexcept = default;
  place& operator=(place&&) = delete;
  ~place() { end(verdict::none); }

  void first_token() noexcept {
    const auto now = time_->now();
    set_->first_token(target_, now - begun_, now);
  }
  void end(verdict v) noexcept {
    if (const auto set = std::exchange(set_, nullptr))
      set->ended(target_, v, time_->now());
  }

private:
  std::shared_ptr<routing_set> set_;
  std::size_t target_;
  time_source* time_;
  time_point begun_;
};

verdict verdict_on(const failure& f) noexcept {
  // Our own budget and limit say nothing about the target.
  if (f.code() == errc::over_budget || f.code() == errc::limit_reached)
    return verdict::none;
  return !f ? verdict::good : about_target(f.code()) ? verdict::bad : verdict::none;
}

class in_flight_listener final : public reply::listener {
public:
  explicit in_flight_listener(place p) noexcept : place_(std::move(p)) {}
  void ended(const reply::source& s) noexcept override { place_.end(verdict_on(s.failure())); }

private:
  place place_;
};

// Of targets that are all over their budgets, the one that has room first says so.
class budget_refusals {
public:
  std::exception_ptr sooner(std::exception_ptr now, const failure& why) {
    const auto wait = why.retry_after().value_or(duration::max());
    if (!first_ || wait < wait_) {
      first_ = std::move(now);
      wait_ = wait;
    }
    return first_;
  }

private:
  std::exception_ptr first_;
  duration wait_{};
};

// Of the calls that should stay together; none for others.
std::optional<std::uint64_t> key_of(const call& c) {
  const auto* ask = c.op ? c.op->as_chat() : nullptr;
  if (!ask || ask->conversation().empty())
    return std::nullopt;
  return stable_hash(ask->conversation());
}

class routing_layer final : public handler {
public:
  routing_layer(std::vector<routing::choice> targets, std::shared_ptr<routing_set> shared, handler_ptr inner)
      : targets_(std::move(targets)), set_(std::move(shared)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    auto& time = time_of(ex);
    const auto key = key_of(c);
    const auto another = [&](const std::vector<std::size_t>& tried) {
      return key ? set_->pick_kept(time.now(), *key, tried) : set_->pick_other(time.now(), tried);
    };
    const double first = random_uniform(ex);
    const double second = random_uniform(ex);
    const target own = c.to;
    const bool elsewhere = c.elsewhere;
    budget_refusals refused;
    std::vector<std::size_t> tried;
    tried.push_back(key ? another(tried) : set_->pick(time.now(), first, second));
    for (;;) {
      place here(set_, tried.back(), time);
      c.to = merged(targets_[tried.back()].to, own);
      // An open circuit is not waited for while an equivalent target's may be closed.
      c.elsewhere = elsewhere || tried.size() != targets_.size();
      const target requested = c.to;
      std::optional<reply> r;
      std::exception_ptr failed;
      // Nothing was sent, and an equivalent target may take it at once.
      bool elsewhere_now = false;
      try {
        r.emplace(co_await (*inner_)(c));
        if (c.streamed)
          co_await r->ready();
      } catch (const error& e) {
        here.end(verdict_on(e.failure()));
        elsewhere_now = e.code() == errc::circuit_open || e.code() == errc::over_budget;
        failed = std::current_exception();
        if (e.code() == errc::over_budget)
          failed = refused.sooner(failed, e.failure());
      } catch (...) {
        failed = std::current_exception();
      }
      if (elsewhere_now && tried.size() != targets_.size()) {
        tried.push_back(another(tried));
        c.attempt.reset();
        continue;
      }
      if (failed)
        std::rethrow_exception(failed);
      if (c.to.model_id() != requested.model_id()) {
        // A fallback answered: the chosen target has failed.
        here.end(verdict::bad);
      } else {
        here.first_token();
        r->attach(std::make_unique<in_flight_listener>(std::move(here)));
      }
      co_return std::move(*r);
    }
  }

private:
  std::vector<routing::choice> targets_;
  std::shared_ptr<routing_set> set_;
  handler_ptr inner_;
};

} // namespace

layer make_routing(routing settings, std::shared_ptr<routing_set> shared) {
  settings.check("routing");
  return [targets = settings.targets(), shared = std::move(shared)](handler_ptr inner) -> handler_ptr {
    if (targets.empty())
      return inner;
    return std::make_shared<routing_layer>(targets, shared, std::move(inner));
  };
}

} // namespace weir::inline v0
