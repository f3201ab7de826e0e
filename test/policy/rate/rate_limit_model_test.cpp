// The rate limit's core against a model that keeps every grant in a list and adds it all up each time.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <vector>

#include "policy/rate/rate_limit_core.hpp"

#include "rate_limit_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using core = rate_limit_core;

namespace {

class model {
public:
  class grant {
  public:
    std::uint64_t call; // 0: what a call used beyond its grant.
    duration until;     // When it no longer counts.
    std::uint64_t amount;
  };
  class limit {
  public:
    std::uint64_t amount;
    duration window;
    bool tokens;
    std::deque<grant> grants;
    std::uint64_t taken = 0, kept = 0, returned = 0, held = 0;

    // A grant counts from the end of its slot, for the window and a hundredth of it.
    void add(std::uint64_t call, duration age, std::uint64_t granted) {
      const auto slot = window / 240;
      grants.push_back({call, (age / slot + 1) * slot + window + window / 100, granted});
    }
    std::uint64_t used(duration age) const {
      std::uint64_t sum = 0;
      for (const auto& g : grants)
        if (age < g.until)
          sum += g.amount;
      return sum;
    }
  };
  class caller {
  public:
    core::ticket id;
    std::uint64_t tokens;
  };
  class held {
  public:
    core::reservation real;
    std::uint64_t call;
    std::uint64_t tokens;
  };

  model(const rate_limit& s) : share(s.batch_share()) {
    if (s.requests_per_minute())
      limits.push_back({s.requests_per_minute(), 1min, false, {}});
    if (s.tokens_per_minute())
      limits.push_back({s.tokens_per_minute(), 1min, true, {}});
    if (s.requests_per_day())
      limits.push_back({s.requests_per_day(), 24h, false, {}});
    if (s.tokens_per_day())
      limits.push_back({s.tokens_per_day(), 24h, true, {}});
  }

  void tick(time_point now) {
    if (begun && now > newest)
      age += now - newest;
    if (!begun || now > newest || newest - now > 1s)
      newest = now;
    begun = true;
    for (auto& l : limits)
      while (!l.grants.empty() && l.grants.front().until <= age)
        l.grants.pop_front();
  }
  bool fits(std::uint64_t tokens) const { return fits(tokens, age); }
  bool fits(std::uint64_t tokens, duration at) const {
    return std::all_of(limits.begin(), limits.end(),
                       [&](const limit& l) { return l.used(at) + (l.tokens ? tokens : 1) <= l.amount; });
  }
  double size(std::uint64_t tokens) const {
    double most = 0;
    for (const auto& l : limits)
      most = std::max(most, static_cast<double>(l.tokens ? tokens : 1) / static_cast<double>(l.amount));
    return most;
  }
  std::deque<caller>* next_line() {
    if (lines[0].empty() && lines[1].empty())
      return nullptr;
    if (lines[1].empty())
      return &lines[0];
    if (lines[0].empty() || earned >= size(lines[1].front().tokens) * (1 - share) - 1e-9)
      return &lines[1];
    return &lines[0];
  }
  std::uint64_t take(std::uint64_t tokens) {
    ++calls;
    for (auto& l : limits) {
      const auto amount = l.tokens ? tokens : 1;
      l.add(calls, age, amount);
      l.taken += amount;
      l.held += amount;
    }
    return calls;
  }
  void served(std::deque<caller>* line) {
    const bool both = !lines[0].empty() && !lines[1].empty();
    const auto s = size(line->front().tokens);
    if (both)
      earned += line == &lines[1] ? -s * (1 - share) : s * share;
    line->pop_front();
    forget();
  }
  void forget() {
    if (lines[1].empty())
      earned = 0;
  }
  void end(const held& h, std::uint64_t requests, std::uint64_t tokens) {
    for (auto& l : limits) {
      const auto had = l.tokens ? h.tokens : 1;
      const auto used = l.tokens ? tokens : requests;
      l.held -= had;
      l.kept += std::min(had, used);
      l.returned += had - std::min(had, used);
      if (used > had)
        l.add(0, age, used - had);
      for (auto& g : l.grants)
        if (used < had && g.call == h.call)
          g.amount = used;
    }
  }

  double share;
  std::vector<limit> limits;
  std::deque<caller> lines[2];
  double earned = 0;
  std::uint64_t calls = 0;
  duration age{};
  time_point newest{};
  bool begun = false;
};

constexpr auto test_name = "L3: reservations are settled or refunded or in flight at every step";

rate_limit some_limits(random_source& dice) {
  rate_limit s;
  s.gate(false).max_waiting(8).batch_share(0.05 + 0.9 * dice.uniform());
  switch (dice.below(4)) {
  case 0: return s.requests_per_minute(1 + dice.below(20));
  case 1: return s.tokens_per_minute(100 + dice.below(1000));
  case 2: return s.requests_per_minute(1 + dice.below(20)).tokens_per_minute(1000);
  default: return s.requests_per_minute(5).tokens_per_minute(500).requests_per_day(60).tokens_per_day(4000);
  }
}

class player {
public:
  player(std::uint64_t seed, random_source& dice)
      : seed_(seed), dice_(dice), settings_(some_limits(dice)), core_(settings_), model_(settings_) {}

  void play(std::uint64_t steps) {
    for (step_ = 0; step_ < steps; ++step_) {
      one();
      drain();
      check();
    }
  }

private:
  void expect(bool same, std::string_view what) { limits_test::agree(same, what, seed_, step_, test_name); }

  void one() {
    const auto what = dice_.below(100);
    if (what < 40)
      enter();
    else if (what < 50)
      cancel_a_waiter();
    else if (what < 75)
      end_a_call();
    else if (what < 76)
      now_ += dice_.below(2) ? duration(1h) : duration(-1h);
    else if (what < 80)
      now_ -= duration(dice_.below(1'000'000'000));
    else
      now_ += duration(dice_.below(dice_.below(4) ? 2'000'000'000ull : 40'000'000'000ull));
  }

  void enter() {
    core::request r;
    r.tokens = dice_.below(dice_.below(8) ? 150 : 1500);
    r.priority = dice_.below(3) ? priority::interactive : priority::batch;
    const auto d = core_.enter(now_, r);
    model_.tick(now_);
    bool large = false;
    for (const auto& l : model_.limits)
      large = large || (l.tokens && r.tokens > l.amount);
    const auto waiting = model_.lines[0].size() + model_.lines[1].size();
    if (large) {
      expect(d.what == admission::too_large, "larger than a limit");
    } else if (waiting == 0 && model_.fits(r.tokens)) {
      expect(d.what == admission::granted, "granted at once");
      granted(d.held, r.tokens);
    } else if (waiting >= 8) {
      expect(d.what == admission::full, "the queue is full");
    } else {
      expect(d.what == admission::waiting, "waits");
      model_.lines[r.priority == priority::batch].push_back({d.waiter, r.tokens});
    }
  }

  void granted(const core::reservation& r, std::uint64_t tokens) {
    held_.push_back({r, model_.take(tokens), tokens});
    expect(r.tokens == tokens, "the reserved tokens");
  }

  void cancel_a_waiter() {
    auto& line = model_.lines[dice_.below(2)];
    if (line.empty())
      return;
    const auto i = static_cast<std::ptrdiff_t>(dice_.below(line.size()));
    core_.leave(line[static_cast<std::size_t>(i)].id);
    line.erase(line.begin() + i);
    model_.forget();
  }

  void end_a_call() {
    if (held_.empty())
      return;
    const auto i = dice_.below(held_.size());
    const auto h = held_[i];
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
    const auto used = dice_.below(2 * h.tokens + 2);
    model_.tick(now_);
    switch (dice_.below(4)) {
    case 0: core_.settle(now_, h.real, used); return model_.end(h, 1, used);
    case 1: core_.keep(now_, h.real, used); return model_.end(h, 1, std::max(used, h.tokens));
    case 2: core_.keep(now_, h.real); return model_.end(h, 1, h.tokens);
    default: core_.abandon(now_, h.real); return model_.end(h, 0, 0);
    }
  }

  void drain() {
    model_.tick(now_);
    for (;;) {
      const auto d = core_.next(now_);
      auto* line = model_.next_line();
      const bool can = line && model_.fits(line->front().tokens);
      expect(d.has_value() == can, "whether the front is served");
      if (!d)
        break;
      expect(d->what == admission::granted && d->waiter == line->front().id, "who is served");
      granted(d->held, line->front().tokens);
      model_.served(line);
    }
    if (auto* line = model_.next_line()) {
      expect(core_.front() == line->front().id, "who is next");
      const auto wake = core_.wake(now_);
      expect(wake > now_, "the front can go at some later time");
      const auto then = model_.age + (wake - model_.newest);
      expect(!model_.fits(line->front().tokens, then - duration(1)), "not before its time");
      expect(model_.fits(line->front().tokens, then), "at its time");
    } else {
      expect(core_.front() == 0, "nobody waits");
    }
  }

  void check() {
    static constexpr core::limit_kind kinds[] = {core::requests_minute, core::tokens_minute, core::requests_day,
                                                 core::tokens_day};
    auto l = model_.limits.begin();
    for (const auto k : kinds) {
      if (!core_.configured(k))
        continue;
      const auto& t = core_.totals(k);
      expect(t.taken == t.kept + t.returned + t.held, "the account is balanced");
      expect(t.taken == l->taken && t.kept == l->kept && t.returned == l->returned && t.held == l->held,
             "the account is the model's");
      ++l;
    }
  }

  std::uint64_t seed_, step_ = 0;
  random_source& dice_;
  rate_limit settings_;
  core core_;
  model model_;
  std::vector<model::held> held_;
  time_point now_ = time_point(duration(24h * 365));
};

} // namespace

TEST_CASE("L3: reservations are settled or refunded or in flight at every step") {
  limits_test::for_seeds(250, [](std::uint64_t seed, random_source& dice) { player(seed, dice).play(4000); });
}
