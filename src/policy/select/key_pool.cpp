#include "policy/select/key_pool.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include <weir/core/executor.hpp>

#include "policy/late.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

bool about_key(const error_code& ec) noexcept {
  return ec == errc::rate_limited || ec == errc::unauthorized || ec == errc::forbidden || ec == errc::quota_exhausted ||
         ec == errc::missing_key || ec == errc::malformed_key || ec == errc::key_unavailable;
}

// A stream that was accepted can still report, in band, that the key is used up.
class key_listener final : public reply::listener {
public:
  key_listener(std::shared_ptr<key_pool_set::pool> pool, std::size_t key, std::string model, time_source& time)
      : pool_(std::move(pool)), key_(key), model_(std::move(model)), time_(&time) {}
  void ended(const reply::source& s) override {
    if (s.failure() && about_key(s.failure().code()))
      pool_->note(key_, model_, s.failure(), time_->now());
  }

private:
  std::shared_ptr<key_pool_set::pool> pool_;
  std::size_t key_;
  std::string model_;
  time_source* time_;
};

} // namespace

std::optional<std::size_t> key_pool_set::pool::pick(const std::string& model, time_point now,
                                                    const std::vector<bool>& tried) {
  std::lock_guard lock(mutex_);
  if (forbidden_.empty())
    return core_.pick(now, tried);
  auto passed_over = tried;
  std::erase_if(forbidden_, [now](const auto& f) { return f.second <= now; });
  for (const auto& f : forbidden_)
    if (f.first.second == model)
      passed_over[f.first.first] = true;
  return core_.pick(now, passed_over);
}

bool key_pool_set::pool::note(std::size_t key, const std::string& model, const failure& why, time_point now) {
  // Our own limit or budget knows when this key is free again, and counts other models and smaller calls separately. A
  // circuit is the key's own too, and knows itself when it lets a call through.
  if (why.code() == errc::limit_reached || why.code() == errc::circuit_open || why.code() == errc::over_budget)
    return true;
  if (!about_key(why.code()))
    return false;
  const auto rest =
      why.code() == errc::rate_limited ? std::max(why.retry_after().value_or(pause_), duration::zero()) : disabled_for_;
  std::lock_guard lock(mutex_);
  if (why.code() == errc::forbidden) {
    if (forbidden_.size() < max_forbidden)
      forbidden_.insert_or_assign({key, model}, after(now, disabled_for_));
    return true;
  }
  core_.gate(key, after(now, rest), why.code(), now);
  return true;
}

key_pool_core::soonest_key key_pool_set::pool::soonest(time_point now) const {
  std::lock_guard lock(mutex_);
  return core_.soonest(now);
}

key_state key_pool_set::pool::state(std::size_t key, time_point now) const {
  std::lock_guard lock(mutex_);
  auto s = core_.state(key, now);
  s.provider = provider_;
  s.name = names_[key];
  return s;
}

key_pool_set::key_pool_set(const key_pool& settings) {
  settings.check("key_pool");
  for (const auto& [provider, names] : settings.keys())
    pools_.emplace(provider, std::make_shared<pool>(provider, names, settings));
}

std::shared_ptr<key_pool_set::pool> key_pool_set::of(std::string_view provider) const {
  const auto it = pools_.find(provider);
  return it == pools_.end() ? nullptr : it->second;
}

std::vector<key_state> key_pool_set::inspect(time_point now) const {
  std::vector<key_state> list;
  for (const auto& entry : pools_)
    for (std::size_t i = 0; i < entry.second->size(); ++i)
      list.push_back(entry.second->state(i, now));
  return list;
}

namespace {

// No key is left. What the provider said about the one that will be usable first, or, if no call was made, what is
// known about it.
failure no_key_left(const key_pool_set::pool& keys, std::vector<failure> seen, std::vector<std::size_t> whose,
                    time_point now) {
  const auto next = keys.soonest(now);
  if (next.at <= now && seen.empty())
    return failure(errc::forbidden, "every key of " + keys.provider() + " was refused for this model");
  if (next.at <= now)
    return std::move(seen.back());
  failure f(next.why, "every key of " + keys.provider() +
                          " is suspended; about the next one the provider said: " + next.why.message());
  const auto at = std::find(whose.begin(), whose.end(), next.key);
  if (at != whose.end())
    f = std::move(seen[static_cast<std::size_t>(at - whose.begin())]);
  if (f.code() == condition::throttled)
    f.retry_after(next.at - now);
  return f;
}

class key_pool_layer final : public handler {
public:
  key_pool_layer(std::shared_ptr<key_pool_set> shared, handler_ptr inner)
      : set_(std::move(shared)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto keys = c.to.key().empty() ? set_->of(c.to.provider()) : nullptr;
    if (!keys)
      co_return co_await (*inner_)(c);

    const auto ex = co_await asio::this_coro::executor;
    auto& time = time_of(ex);
    std::vector<bool> tried(keys->size());
    std::vector<failure> seen;
    std::vector<std::size_t> whose;
    // A copy: the next try chooses again.
    call one = c;
    for (;;) {
      throw_if_late(*scope_of(ex), time.now(), c.to);
      const auto key = keys->pick(c.to.model(), time.now(), tried);
      if (!key)
        throw error(no_key_left(*keys, std::move(seen), std::move(whose), time.now()));
      tried[*key] = true;
      one.to.key(keys->name(*key));
      if (!seen.empty() && seen.back().code() != errc::circuit_open)
        begin_attempt(one, time.now());
      else if (one.attempt)
        one.attempt->key = keys->name(*key);
      std::optional<reply> r;
      std::exception_ptr failed;
      try {
        r.emplace(co_await (*inner_)(one));
      } catch (const error& e) {
        if (!keys->note(*key, c.to.model(), e.failure(), time.now()))
          failed = std::current_exception();
        else
          seen.push_back(e.failure());
      } catch (...) {
        failed = std::current_exception();
      }
      c.attempt = one.attempt;
      c.health = one.health;
      c.paced = one.paced;
      c.served_others = one.served_others;
      if (failed)
        std::rethrow_exception(failed);
      if (r) {
        r->attach(std::make_unique<key_listener>(keys, *key, c.to.model(), time));
        co_return std::move(*r);
      }
      whose.push_back(*key);
    }
  }

private:
  std::shared_ptr<key_pool_set> set_;
  handler_ptr inner_;
};

} // namespace

layer make_key_pool(key_pool settings, std::shared_ptr<key_pool_set> shared) {
  settings.check("key_pool");
  return [empty = settings.keys().empty(), shared = std::move(shared)](handler_ptr inner) -> handler_ptr {
    if (empty)
      return inner;
    return std::make_shared<key_pool_layer>(shared, std::move(inner));
  };
}

} // namespace weir::inline v0
