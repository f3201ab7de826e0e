#include "net/pool/pool_core.hpp"

#include <algorithm>

namespace weir::inline v0::net {

bool pool_core::too_old(const connection_state& c, time_point now) const noexcept {
  return now >= after(c.idle_since, settings_.max_idle_time()) || now >= after(c.made, settings_.max_age());
}

// Skips those that are too old: they stay for expire() to name.
std::optional<pool_core::id> pool_core::newest_idle(time_point now) const noexcept {
  for (auto it = idle_.rbegin(); it != idle_.rend(); ++it)
    if (!too_old(connections_.at(*it), now))
      return *it;
  return std::nullopt;
}

pool_core::waiter_state& pool_core::waiter(id w) noexcept {
  const auto found = any_.find(w);
  return found != any_.end() ? found->second : fresh_.at(w);
}

void pool_core::forget(id connection) noexcept {
  const auto found = connections_.find(connection);
  found->second.in->erase(found->second.at);
  connections_.erase(found);
}

void pool_core::lease(connection_state& c) noexcept {
  c.where = phase::leased;
  others_.splice(others_.end(), *std::exchange(c.in, &others_), c.at);
}

void pool_core::assign(id dial, id w) noexcept {
  auto& c = connections_.at(dial);
  c.dialed_for = w;
  others_.splice(others_.end(), *std::exchange(c.in, &others_), c.at);
  auto& state = waiter(w);
  state.dial = dial;
  state.undialed = undialed_.extract(w);
}

// Its dial, if it had one, continues without it.
void pool_core::remove_waiter(id w) noexcept {
  const id dial = waiter(w).dial;
  if (any_.erase(w) == 0)
    fresh_.erase(w);
  if (dial == 0) {
    undialed_.erase(w);
    return;
  }
  auto& c = connections_.at(dial);
  c.dialed_for = 0;
  if (fast_.contains(dial))
    orphans_.splice(orphans_.end(), *std::exchange(c.in, &orphans_), c.at);
}

// Its caller is without a dial again.
pool_core::id pool_core::end_dial(id connection, connection_state& c) noexcept {
  --connecting_;
  if (fast_.erase(connection) != 0)
    ++window_;
  const id w = std::exchange(c.dialed_for, 0);
  if (w != 0) {
    auto& state = waiter(w);
    state.dial = 0;
    undialed_.insert(std::move(state.undialed));
  }
  return w;
}

// The invariants after every change.
void pool_core::settle(time_point now) noexcept {
  while (!orphans_.empty() && !undialed_.empty())
    assign(orphans_.front(), *undialed_.begin());
  if (connecting_ == 0 && waiting() == 0)
    window_ = settings_.max_dials();
  const bool quiet = connecting_ > 0 && waiting() == 0 && leased() == 0;
  quiet_since_ = quiet ? std::min(quiet_since_, now) : never;
}

std::optional<pool_core::id> pool_core::take_idle(time_point now) noexcept {
  const auto found = any_.empty() ? newest_idle(now) : std::nullopt;
  if (found)
    lease(connections_.at(*found));
  settle(now);
  return found;
}

std::optional<pool_core::id> pool_core::enter(time_point now, bool fresh_only) {
  // Those that have a place, but no connection yet, do not count.
  const auto places = settings_.max_connections() - std::min(settings_.max_connections(), leased());
  if (waiting() >= settings_.max_waiting() + places)
    return std::nullopt;
  const id w = ++last_id_;
  auto& line = fresh_only ? fresh_ : any_;
  std::set<id> undialed = {w}; // Whatever may throw comes before any change.
  line.emplace_hint(line.end(), w, waiter_state());
  undialed_.merge(undialed);
  settle(now);
  return w;
}

void pool_core::leave(id w, time_point now) noexcept {
  if (any_.contains(w) || fresh_.contains(w))
    remove_waiter(w);
  settle(now);
}

std::optional<pool_core::match> pool_core::ready(time_point now) const noexcept {
  if (any_.empty())
    return std::nullopt;
  const auto found = newest_idle(now);
  return found ? std::optional(match(any_.begin()->first, *found)) : std::nullopt;
}

void pool_core::grant(match m, time_point now) noexcept {
  remove_waiter(m.waiter);
  lease(connections_.at(m.connection));
  settle(now);
}

bool pool_core::wants_dial() const noexcept { return !undialed_.empty() && fast_.size() < window_ && has_room(); }

std::optional<pool_core::dial_order> pool_core::dial(time_point now) {
  if (!wants_dial())
    return std::nullopt;
  const id made = ++last_id_;
  dial_order out(made);
  std::set<id> fast = {made};
  ids place = {made};
  auto& c = connections_.emplace_hint(connections_.end(), made, connection_state())->second;
  fast_.merge(fast);
  c.in = &others_;
  c.at = place.begin();
  others_.splice(others_.end(), place);
  c.made = now;
  c.signs = signs_;
  ++connecting_;
  assign(made, *undialed_.begin());
  if (connections_.size() > settings_.max_connections()) {
    out.evict = idle_.front();
    forget(*out.evict);
  }
  settle(now);
  return out;
}

pool_core::opened_connection pool_core::opened(id connection, time_point now) noexcept {
  auto& c = connections_.at(connection);
  end_dial(connection, c);
  ++signs_;
  c.made = now;
  id w = 0;
  bool kept = true;
  if (waiting() > 0) {
    w = any_.empty()     ? fresh_.begin()->first
        : fresh_.empty() ? any_.begin()->first
                         : std::min(any_.begin()->first, fresh_.begin()->first);
    remove_waiter(w);
    lease(c);
  } else {
    lease(c);
    kept = put_back(connection, now);
  }
  settle(now);
  return opened_connection(kept, w);
}

pool_core::id pool_core::failed(id connection, bool timed_out, time_point now) noexcept {
  auto& c = connections_.at(connection);
  const bool excused = timed_out && (leased() > 0 || signs_ != c.signs);
  id w = end_dial(connection, c);
  forget(connection);
  if (w != 0 && excused)
    any_.insert(fresh_.extract(w));
  // A caller that came later and took the dial over has waited less than a dial's time.
  if (excused || w > connection)
    w = 0;
  if (w != 0)
    remove_waiter(w);
  settle(now);
  return w;
}

bool pool_core::give_back(id connection, time_point now) noexcept {
  ++signs_;
  return put_back(connection, now);
}

bool pool_core::put_back(id connection, time_point now) noexcept {
  auto& c = connections_.at(connection);
  c.idle_since = now;
  const bool kept = !too_old(c, now) && (idle_.size() < settings_.max_idle() || !any_.empty());
  if (kept) {
    c.where = phase::idle;
    idle_.splice(idle_.end(), *std::exchange(c.in, &idle_), c.at);
  } else {
    forget(connection);
  }
  settle(now);
  return kept;
}

void pool_core::gone(id connection, time_point now) noexcept {
  const auto found = connections_.find(connection);
  if (found == connections_.end())
    return;
  if (found->second.where == phase::connecting)
    end_dial(connection, found->second);
  forget(connection);
  settle(now);
}

time_point pool_core::next_event() const noexcept {
  time_point out = quiet_since_ == never ? never : after(quiet_since_, linger);
  if (!undialed_.empty() && has_room() && !fast_.empty() && fast_.size() >= window_)
    out = std::min(out, after(connections_.at(*fast_.begin()).made, slow_after));
  return out;
}

bool pool_core::tick(time_point now) noexcept {
  while (!fast_.empty()) {
    const id oldest = *fast_.begin();
    auto& c = connections_.at(oldest);
    if (now < after(c.made, slow_after))
      break;
    fast_.erase(fast_.begin());
    ++window_;
    others_.splice(others_.end(), *std::exchange(c.in, &others_), c.at);
  }
  const bool stop = quiet_since_ != never && now >= after(quiet_since_, linger);
  if (stop)
    quiet_since_ = now;
  return stop;
}

std::vector<pool_core::id> pool_core::expire(time_point now) {
  std::vector<id> out;
  for (const id c : idle_)
    if (too_old(connections_.at(c), now))
      out.push_back(c);
  for (const id c : out)
    forget(c);
  return out;
}

void pool_core::drop_idle() noexcept {
  while (!idle_.empty())
    forget(idle_.front());
}

pool_core::counts pool_core::count() const noexcept {
  counts out;
  out.idle = idle_.size();
  out.connecting = connecting_;
  out.leased = leased();
  out.waiting = waiting();
  return out;
}

} // namespace weir::inline v0::net
