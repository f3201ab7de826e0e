#include "net/pool_core.hpp"

#include <algorithm>

namespace weir::net {

bool pool_core::too_old(const connection_state& c, time_point now) const {
  return now >= after(c.idle_since, settings_.max_idle_time()) || now >= after(c.made, settings_.max_age());
}

pool_core::id pool_core::begin_connecting() {
  const id made = ++last_id_;
  connections_.emplace(made, connection_state());
  ++connecting_;
  return made;
}

// Skips those that are too old: they stay for expire() to name.
std::optional<pool_core::id> pool_core::pop_idle(time_point now) {
  for (auto it = idle_.rbegin(); it != idle_.rend(); ++it) {
    if (too_old(connections_.at(*it), now))
      continue;
    const id found = *it;
    idle_.erase(std::next(it).base());
    return found;
  }
  return std::nullopt;
}

std::optional<pool_core::decision> pool_core::serve(time_point now, bool fresh_only, id waiter) {
  if (!fresh_only) {
    if (const auto found = pop_idle(now)) {
      connections_.at(*found).where = phase::leased;
      return decision(verdict::reuse, *found, waiter);
    }
  }
  std::optional<id> evict;
  if (connections_.size() >= settings_.max_connections()) {
    if (idle_.empty())
      return std::nullopt;
    evict = idle_.front();
    gone(*evict);
  }
  decision out(verdict::open, begin_connecting(), waiter);
  out.evict = evict;
  return out;
}

pool_core::decision pool_core::acquire(time_point now, bool fresh_only) {
  // Nobody overtakes those who wait already.
  if (waiting_.empty())
    if (auto served = serve(now, fresh_only, 0))
      return *served;
  if (waiting_.size() >= settings_.max_waiting())
    return decision(verdict::refuse, 0, 0);
  const id waiter = ++last_id_;
  waiting_.emplace_back(waiter, fresh_only);
  return decision(verdict::wait, 0, waiter);
}

void pool_core::opened(id connection, time_point now) {
  auto& c = connections_.at(connection);
  c.where = phase::leased;
  c.made = now;
  --connecting_;
}

bool pool_core::give_back(id connection, time_point now) {
  auto& c = connections_.at(connection);
  c.idle_since = now;
  if (too_old(c, now) || (idle_.size() >= settings_.max_idle() && waiting_.empty())) {
    gone(connection);
    return false;
  }
  c.where = phase::idle;
  idle_.push_back(connection);
  return true;
}

void pool_core::gone(id connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end())
    return;
  if (found->second.where == phase::connecting)
    --connecting_;
  if (found->second.where == phase::idle)
    std::erase(idle_, connection);
  connections_.erase(found);
}

pool_core::decision pool_core::replace(id connection, time_point now) {
  gone(connection);
  // There is a place at least: the one that was just freed.
  return *serve(now, false, 0);
}

void pool_core::leave(id waiter) {
  std::erase_if(waiting_, [waiter](const waiter_state& w) { return w.who == waiter; });
}

std::optional<pool_core::decision> pool_core::grant(time_point now) {
  if (waiting_.empty())
    return std::nullopt;
  const auto first = waiting_.front();
  auto served = serve(now, first.fresh_only, first.who);
  if (served)
    waiting_.pop_front();
  return served;
}

std::vector<pool_core::id> pool_core::expire(time_point now) {
  std::vector<id> out;
  for (const id c : idle_)
    if (too_old(connections_.at(c), now))
      out.push_back(c);
  for (const id c : out)
    gone(c);
  return out;
}

std::vector<pool_core::id> pool_core::drop_idle() {
  std::vector<id> out(idle_.begin(), idle_.end());
  for (const id c : out)
    gone(c);
  return out;
}

pool_core::counts pool_core::count() const noexcept {
  counts out;
  out.idle = idle_.size();
  out.connecting = connecting_;
  out.leased = connections_.size() - idle_.size() - connecting_;
  out.waiting = waiting_.size();
  return out;
}

} // namespace weir::net
