// The breaker's rules, written for clarity: a log of results, read anew at every question.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "policy/breaker_core.hpp"

namespace weir::test {

class breaker_model {
public:
  using id = std::uint64_t;

  explicit breaker_model(breaker s) : settings(s) {}

  std::optional<id> admit(time_point when) {
    const auto now = logical(when);
    const bool probe = !closed;
    if (probe && (probe_running() || now < until))
      return std::nullopt;
    running[++last_id] = {round, probe};
    return last_id;
  }

  void first_token(id i, time_point when) {
    logical(when);
    if (running.at(i).probe) {
      become_closed();
      running.at(i) = {round, false};
    }
  }

  void result(id i, breaker_verdict v, time_point when, double random) {
    const auto what = running.at(i);
    running.erase(i);
    if (v == breaker_verdict::none)
      return;
    const auto now = logical(when);
    if (what.round != round)
      return;
    if (what.probe && v != breaker_verdict::success)
      return become_open(now, random);
    if (what.probe)
      become_closed();
    if (v == breaker_verdict::success)
      openings_since_success = 0;
    if (what.probe)
      return;
    log.push_back({now, v});
    const bool counts_as_bad = v == breaker_verdict::failure || v == breaker_verdict::throttled;
    if (in_a_row() || (counts_as_bad && too_few()))
      become_open(now, random);
  }

  void look(time_point when) { logical(when); }

  bool probe_running() const {
    return std::any_of(running.begin(), running.end(),
                       [&](const auto& r) { return r.second.probe && r.second.round == round; });
  }

  struct held {
    std::uint64_t round;
    bool probe;
  };
  struct line {
    duration when;
    breaker_verdict what;
  };

  breaker settings;
  bool closed = true;
  std::map<id, held> running;
  duration since{}, until{};

private:
  // A clock that is set back by more than a second goes on from where it was.
  duration logical(time_point when) {
    auto t = when.time_since_epoch() + shift;
    if (t < latest - std::chrono::seconds(1)) {
      shift += latest - t;
      t = latest;
    }
    return latest = std::max(latest, t);
  }

  bool in_a_row() const {
    const auto limit = settings.consecutive_failures();
    unsigned failures = 0, unreachable = 0;
    for (auto it = log.rbegin(); it != log.rend() && it->what != breaker_verdict::success; ++it)
      failures += it->what == breaker_verdict::failure;
    for (auto it = log.rbegin(); it != log.rend() && it->what == breaker_verdict::unreachable; ++it)
      ++unreachable;
    return limit > 0 && (failures >= limit || unreachable >= limit);
  }

  bool too_few() const {
    const auto tenth = settings.window() / 10;
    std::uint64_t good = 0, all = 0;
    for (auto it = log.rbegin(); it != log.rend() && it->when / tenth > latest / tenth - 10; ++it) {
      good += it->what == breaker_verdict::success;
      all += it->what != breaker_verdict::unreachable;
    }
    return all >= settings.min_requests() &&
           static_cast<double>(good) / static_cast<double>(all) < settings.min_success();
  }

  void become_open(duration now, double random) {
    if (closed) {
      ++round;
      since = now;
    }
    closed = false;
    duration d = settings.open_for();
    for (unsigned i = 0; i < openings_since_success; ++i)
      d = std::min(d * 2, settings.open_for_at_most());
    d = std::min(d, settings.open_for_at_most());
    until = now + d + duration(static_cast<std::int64_t>(static_cast<double>(d.count()) * 0.5 * random));
    ++openings_since_success;
  }

  void become_closed() {
    closed = true;
    ++round;
    log.clear();
  }

  std::vector<line> log;
  std::uint64_t round = 0;
  unsigned openings_since_success = 0;
  id last_id = 0;
  duration shift{}, latest{};
};

} // namespace weir::test
