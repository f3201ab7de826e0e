#include "net/pool/pool_core.hpp"

#include <algorithm>

namespace weir::inline v0::net {

bool pool_core::too_old(const connection_state& c, time_point now) const noexcept {
  return now >= after(c.idle_since, settings_.max_idle_time()) || now >= after(c.made, settings_.max_age());
}

// Skips those that are too old: they stay for expire() to name.
std::optional<pool_core::id> pool_core::newest_idle(time_point now, bool carriers_only) const noexcept {
  for (auto it = idle_.rbegin(); it != idle_.rend(); ++it) {
    const auto& c = connections_.at(*it);
    if (!too_old(c, now) && (c.carries || !carriers_only))
      return *it;
  }
  return std::nullopt;
}

// Those that are too old drain.
std::optional<pool_core::id> pool_core::least_loaded(time_point now) const noexcept {
  for (const auto& [places, carrier] : loads_)
    if (now < after(connections_.at(carrier).made, settings_.max_age()))
      return carrier;
  return std::nullopt;
}

// Whether another carrier is better than a fuller one. Nobody may wait for it in vain: if it is true, dials run that
// are not slow, or those who wait begin one.
bool pool_core::spreads() const noexcept {
  return has_room() && connecting_ == fast_.size() && !has_failed_ && (connecting_ > 0 || carriers_ < few);
}

std::optional<pool_core::id> pool_core::choose(time_point now, bool carriers_only) const noexcept {
  const auto least = least_loaded(now);
  if (least && connections_.at(*least).places < spread)
    return least;
  const auto idle = newest_idle(now, carriers_only);
  return idle || spreads() ? idle : least;
}

// After its places or its capacity have changed.
void pool_core::list(id carrier, connection_state& c) noexcept {
  if (c.listed != 0)
    c.unlisted = loads_.extract(loads_.find(std::pair(std::exchange(c.listed, 0), carrier)));
  if (c.places == 0 || c.places >= c.capacity)
    return;
  c.listed = c.places;
  c.unlisted.value() = std::pair(c.places, carrier);
  loads_.insert(std::move(c.unlisted));
}

pool_core::waiter_state& pool_core::waiter(id w) noexcept {
  const auto found = any_.find(w);
  return found != any_.end() ? found->second : fresh_.at(w);
}

void pool_core::forget(id connection) noexcept {
  const auto found = connections_.find(connection);
  carriers_ -= found->second.capacity > 0;
  found->second.in->erase(found->second.at);
  connections_.erase(found);
}

void pool_core::lease(id connection, connection_state& c) noexcept {
  if (c.carries) {
    ++c.places;
    list(connection, c);
  }
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

pool_core::id pool_core::first_waiting() const noexcept {
  return any_.empty()     ? fresh_.begin()->first
         : fresh_.empty() ? any_.begin()->first
                          : std::min(any_.begin()->first, fresh_.begin()->first);
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
  auto found = any_.empty() ? choose(now, false) : std::nullopt;
  if (found && connections_.at(*found).carries && waiting() > 0)
    found.reset();
  if (found)
    lease(*found, connections_.at(*found));
  settle(now);
  return found;
}

std::optional<pool_core::id> pool_core::enter(time_point now, bool fresh_only) {
  // Those that have a place, but no connection yet, do not count.
  const auto unleased = settings_.max_connections() - std::min(settings_.max_connections(), leased());
  if (waiting() >= settings_.max_waiting() + unleased * per_dial_)
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
  if (waiting() == 0)
    return std::nullopt;
  const auto found = choose(now, any_.empty());
  if (!found)
    return std::nullopt;
  return match(connections_.at(*found).carries ? first_waiting() : any_.begin()->first, *found);
}

void pool_core::grant(match m, time_point now) noexcept {
  remove_waiter(m.waiter);
  lease(m.connection, connections_.at(m.connection));
  settle(now);
}

bool pool_core::wants_dial() const noexcept {
  return undialed_.size() > fast_.size() * (per_dial_ - 1) && fast_.size() < window_ && has_room();
}

std::optional<pool_core::dial_order> pool_core::dial(time_point now) {
  if (!wants_dial())
    return std::nullopt;
  const id made = ++last_id_;
  dial_order out(made);
  std::set<id> fast = {made};
  ids place = {made};
  loads load = {std::pair(std::size_t(0), made)};
  auto& c = connections_.emplace_hint(connections_.end(), made, connection_state())->second;
  fast_.merge(fast);
  c.in = &others_;
  c.at = place.begin();
  others_.splice(others_.end(), place);
  c.made = now;
  c.signs = signs_;
  c.unlisted = load.extract(load.begin());
  ++connecting_;
  assign(made, *undialed_.begin());
  if (connections_.size() > settings_.max_connections()) {
    out.evict = idle_.front();
    forget(*out.evict);
  }
  settle(now);
  return out;
}

pool_core::opened_connection pool_core::opened(id connection, time_point now, std::size_t capacity) noexcept {
  auto& c = connections_.at(connection);
  end_dial(connection, c);
  ++signs_;
  has_failed_ = false;
  c.made = now;
  c.carries = capacity > 0;
  set_capacity(c, capacity);
  per_dial_ = std::clamp(capacity, std::size_t(1), spread);
  id w = 0;
  bool kept = true;
  lease(connection, c);
  if (waiting() > 0) {
    w = first_waiting();
    remove_waiter(w);
  } else {
    kept = put_back(connection, now);
  }
  settle(now);
  return opened_connection(kept, w);
}

void pool_core::set_capacity(connection_state& c, std::size_t capacity) noexcept {
  carriers_ -= c.capacity > 0;
  carriers_ += capacity > 0;
  c.capacity = capacity;
}

bool pool_core::resize(id carrier, std::size_t capacity, time_point now) noexcept {
  auto& c = connections_.at(carrier);
  set_capacity(c, capacity);
  list(carrier, c);
  if (capacity > 0)
    per_dial_ = std::min(capacity, spread);
  const bool stays = capacity > 0 || c.places > 0;
  if (!stays)
    forget(carrier);
  settle(now);
  return stays;
}

pool_core::id pool_core::failed(id connection, bool timed_out, time_point now) noexcept {
  auto& c = connections_.at(connection);
  const bool excused = (timed_out && (leased() > 0 || signs_ != c.signs)) || least_loaded(now);
  has_failed_ = true;
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
  if (c.carries) {
    --c.places;
    list(connection, c);
  }
  if (c.places > 0) {
    settle(now);
    return true;
  }
  const bool usable = !too_old(c, now) && (!c.carries || c.capacity > 0);
  const bool wanted = c.carries ? waiting() > 0 : !any_.empty();
  const bool kept = usable && (wanted || idle_.size() < settings_.max_idle());
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
  const bool held_back = !undialed_.empty() && has_room() && fast_.size() >= window_;
  const bool spread_out = waiting() > 0 && !loads_.empty();
  if (!fast_.empty() && (held_back || spread_out))
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
