// The breaker's rules, written for clarity: a log of results, evaluated from scratch at every query.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "policy/breaker/breaker_core.hpp"

namespace weir::inline v0::test {

class breaker_model {
public:
  using id = std::uint64_t;

  explicit breaker_model(breaker s) : settings(s) {}

  std::optional<id> admit(time_point when) {
    const auto now = logical(when);
    const bool probe = !closed;
    if (probe && (probe_running() || now < until))
      return std::nullopt;
    running[++last_id] = {round, probe, false};
    return last_id;
  }

  void alive(id i, time_point when) {
    const auto now = logical(when);
    if (running.at(i).alive)
      return;
    running.at(i).alive = true;
    last_token = now;
    lives(running.at(i), now);
  }

  void token(time_point when) {
    last_token = logical(when);
    refute();
  }

  void result(id i, breaker_verdict v, time_point when, double random) {
    auto what = running.at(i);
    running.erase(i);
    if (v == breaker_verdict::none)
      return;
    const auto now = logical(when);
    if (v == breaker_verdict::success) {
      if (!what.alive)
        lives(what, now);
      refute();
      if (what.round == round)
        openings_since_success = 0;
      return;
    }
    if (what.round != round)
      return;
    if (what.probe)
      return become_open(now, random, by_row);
    log.push_back({now, v, i});
    if (v != breaker_verdict::unreachable)
      answered_up_to = last_id;
    if (v == breaker_verdict::throttled)
      return;
    if (in_a_row(v))
      become_open(now, random, true);
    else if (v == breaker_verdict::failure && too_few())
      become_open(now, random, false);
  }

  void tick(time_point when) { logical(when); }

  target_health::state look(time_point when, double random) {
    const auto now = logical(when);
    if (closed && (in_a_row(breaker_verdict::failure) || in_a_row(breaker_verdict::unreachable)))
      become_open(now, random, true);
    if (!closed)
      return target_health::state::down;
    const auto most = settings.consecutive_failures();
    const bool row =
        most > 0 && !delivers() &&
        ((row_of(breaker_verdict::failure).size() > 0 && row_of(breaker_verdict::failure).size() + waiting() >= most) ||
         (row_of(breaker_verdict::unreachable).size() > 0 &&
          row_of(breaker_verdict::unreachable).size() + waiting() >= most));
    return row ? target_health::state::doubtful : target_health::state::alive;
  }

  bool probe_running() const {
    return std::any_of(running.begin(), running.end(),
                       [&](const auto& r) { return r.second.probe && r.second.round == round; });
  }

  struct held {
    std::uint64_t round;
    bool probe;
    bool alive;
  };
  struct line {
    duration when;
    breaker_verdict what;
    id whose;
  };

  breaker settings;
  bool closed = true;
  std::map<id, held> running;
  duration since{}, until{};

private:
  // A clock that is set back by more than a second continues from where it was.
  duration logical(time_point when) {
    auto t = when.time_since_epoch() + shift;
    if (t < latest - std::chrono::seconds(1)) {
      shift += latest - t;
      t = latest;
    }
    return latest = std::max(latest, t);
  }

  void refute() { refuted_up_to = last_id; }

  void lives(held& what, duration now) {
    refute();
    if (!closed && (by_row || (what.probe && what.round == round))) {
      become_closed();
      what.round = round;
    }
    what.probe = false;
    if (what.round == round)
      log.push_back({now, breaker_verdict::success, 0});
  }

  std::uint64_t waiting() const {
    return std::uint64_t(std::count_if(running.begin(), running.end(), [](const auto& r) { return !r.second.alive; }));
  }
  bool delivers() const { return waiting() < running.size() && latest - last_token <= std::chrono::seconds(5); }

  // What began after the last sign of life; of failures to connect, after the last answer.
  std::vector<line> row_of(breaker_verdict v) const {
    std::vector<line> row;
    for (const auto& l : log)
      if (l.what == v && l.whose > refuted_up_to && (v == breaker_verdict::failure || l.whose > answered_up_to))
        row.push_back(l);
    return row;
  }

  bool in_a_row(breaker_verdict v) const {
    const auto row = row_of(v);
    const auto limit = settings.consecutive_failures();
    return limit > 0 && row.size() >= limit && latest - row.front().when >= settings.consecutive_span() &&
           double(row.size()) >= settings.consecutive_share() * double(row.size() + waiting()) && !delivers();
  }

  std::pair<std::uint64_t, std::uint64_t> counts() const {
    const auto tenth = settings.window() / 10;
    std::uint64_t good = 0, all = 0;
    for (auto it = log.rbegin(); it != log.rend() && it->when / tenth > latest / tenth - 10; ++it) {
      good += it->what == breaker_verdict::success;
      all += it->what == breaker_verdict::success || it->what == breaker_verdict::failure;
    }
    return {good, all};
  }

  bool too_few() const {
    const auto [good, all] = counts();
    return all >= settings.min_requests() && !delivers() &&
           double(good + waiting()) < settings.min_success() * double(all + waiting());
  }

  void become_open(duration now, double random, bool for_a_row) {
    if (closed) {
      ++round;
      since = now;
    }
    closed = false;
    by_row = for_a_row;
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
    refute();
  }

  std::vector<line> log;
  id refuted_up_to = 0, answered_up_to = 0;
  bool by_row = false;
  duration last_token{};
  std::uint64_t round = 0;
  unsigned openings_since_success = 0;
  id last_id = 0;
  duration shift{}, latest{};
};

} // namespace weir::inline v0::test
