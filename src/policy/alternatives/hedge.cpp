#include "policy/alternatives/hedge.hpp"

#include <boost/asio/this_coro.hpp>

#include "policy/alternatives/race.hpp"
#include "policy/late.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

std::optional<duration> hedge_set::entry::begin(time_point now) {
  std::lock_guard lock(mutex_);
  return core_.begin(now);
}

bool hedge_set::entry::withdraw(time_point now) {
  std::lock_guard lock(mutex_);
  return core_.withdraw(now);
}

void hedge_set::entry::took(duration d, time_point now) {
  std::lock_guard lock(mutex_);
  core_.took(d, now);
}

hedge_state hedge_set::entry::state(time_point now) const {
  std::lock_guard lock(mutex_);
  auto s = core_.state(now);
  s.id = id_;
  return s;
}

hedge_set::hedge_set(const hedge& settings) : settings_(settings) { settings_.check("hedge"); }

std::shared_ptr<hedge_set::entry> hedge_set::of(const target& to, bool streamed) {
  auto id = to.model_id();
  if (!streamed)
    id += " whole";
  return entries_.at(id, [&] { return std::make_shared<entry>(id, settings_); });
}

std::vector<hedge_state> hedge_set::inspect(time_point now) const {
  std::vector<hedge_state> list;
  for (const auto& [id, e] : entries_.all())
    list.push_back(e->state(now));
  return list;
}

namespace {

// One leg of a call, with a copy of the call that is its own.
class leg {
public:
  leg(const call& c, time_point begun) : sent(c), begun(begun) {}
  call sent;
  time_point begun;
  bool over = false; // ended by itself, with a reply or a failure
};

asio::awaitable<reply> run(handler_ptr inner, std::shared_ptr<leg> own, std::shared_ptr<hedge_set::entry> known) {
  const auto ex = co_await asio::this_coro::executor;
  std::optional<reply> r;
  try {
    r.emplace(co_await (*inner)(own->sent));
    if (own->sent.streamed)
      co_await r->ready();
  } catch (...) {
    own->over = !scope_of(ex)->cancelled();
    throw;
  }
  own->over = true;
  const auto now = time_of(ex).now();
  known->took(now - own->begun, now);
  co_return std::move(*r);
}

class hedge_layer final : public handler {
public:
  hedge_layer(std::shared_ptr<hedge_set> shared, handler_ptr inner)
      : set_(std::move(shared)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    auto& time = time_of(ex);
    const auto now = time.now();
    throw_if_late(*scope_of(ex), now, c.to);
    const auto known = set_->of(c.to, c.streamed);
    const auto delay = known->begin(now);
    const auto deadline = scope_of(ex)->deadline();
    const auto when = delay ? after(now, *delay) : never;

    const auto first = std::make_shared<leg>(c, now);
    if (when >= deadline) {
      auto plain = run(inner_, first, known);
      std::exception_ptr failed;
      std::optional<reply> r;
      try {
        r.emplace(co_await std::move(plain));
      } catch (...) {
        failed = std::current_exception();
      }
      take_over(c, *first);
      if (failed)
        std::rethrow_exception(failed);
      co_return std::move(*r);
    }

    std::shared_ptr<leg> second;
    const auto begin_second = [&]() -> std::optional<asio::awaitable<reply>> {
      const auto at = time.now();
      if (!known->withdraw(at))
        return std::nullopt;
      second = std::make_shared<leg>(c, at);
      second->sent.hedge = true;
      second->sent.attempt.reset();
      return run(inner_, second, known);
    };
    auto both = first_of<reply>(run(inner_, first, known), when, begin_second);
    std::exception_ptr failed;
    std::optional<std::pair<std::size_t, reply>> won;
    try {
      won.emplace(co_await std::move(both));
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) {
      take_over(c, *first);
      std::rethrow_exception(failed);
    }
    const bool by_hedge = won->first == 1;
    take_over(c, by_hedge ? *second : *first);
    const auto& loser = by_hedge ? first : second;
    // Having taken this long already is a sample: without it, slow calls would be left out.
    if (loser && !loser->over)
      known->took(time.now() - loser->begun, time.now());
    co_return std::move(won->second);
  }

private:
  // The layers above see the leg that answered.
  static void take_over(call& c, const leg& l) {
    c.attempt = l.sent.attempt;
    c.to = l.sent.to;
  }

  std::shared_ptr<hedge_set> set_;
  handler_ptr inner_;
};

} // namespace

layer make_hedge(hedge settings, std::shared_ptr<hedge_set> shared) {
  settings.check("hedge");
  return [enabled = settings.enabled(), shared = std::move(shared)](handler_ptr inner) -> handler_ptr {
    if (!enabled)
      return inner;
    return std::make_shared<hedge_layer>(shared, std::move(inner));
  };
}

} // namespace weir::inline v0
