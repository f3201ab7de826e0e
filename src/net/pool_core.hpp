// What a pool decides for one origin, without sockets, clocks or coroutines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include <weir/net/settings.hpp>

namespace weir::net {

/// The connections to one origin and the queue for them.
///
/// A connection is connecting, leased or idle; the three together never exceed the cap.
/// Callers wait only at the cap, in order; what becomes free goes to the first. Idle connections
/// are used again latest first, so that the ones not needed age and go.
class pool_core {
public:
  using id = std::uint64_t;
  enum class verdict {
    reuse,  ///< `connection` was idle and is leased now; check its health, else call replace().
    open,   ///< `connection` is connecting now: make it, then call opened() or gone().
    wait,   ///< `waiter` was queued; a grant names it, or it calls leave().
    refuse, ///< The queue is full.
  };
  class decision {
  public:
    decision(verdict w, id c, id who) : what(w), connection(c), waiter(who) {}
    verdict what;
    id connection;
    id waiter;
    /// An idle connection to close, to make room for a fresh one.
    std::optional<id> evict;
  };
  class counts {
  public:
    counts() = default;
    std::size_t idle = 0, leased = 0, connecting = 0, waiting = 0;
    friend bool operator==(const counts&, const counts&) = default;
  };

  explicit pool_core(const pool_settings& s) : settings_(s) {}

  /// `fresh_only`: never an idle connection, as after one has turned out to be stale.
  decision acquire(time_point now, bool fresh_only);
  /// A connecting one is made, and leased.
  void opened(id connection, time_point now);
  /// A leased one comes back. False: it is to be closed, and is gone.
  bool give_back(id connection, time_point now);
  /// A leased one turned out to be dead, and is gone: the next idle one, or leave to open one
  /// in its place.
  decision replace(id connection, time_point now);
  /// A connecting, leased or idle one no longer exists.
  void gone(id connection);
  /// A waiter gives up. Its grant, if it had one already, must be returned by gone() or give_back().
  void leave(id waiter);

  /// The next waiter to be served with `reuse` or `open`, if there is one and something for it.
  /// Ask until there is none after give_back(), gone() and leave().
  std::optional<decision> grant(time_point now);
  /// Idle connections that are too old, which are gone now.
  std::vector<id> expire(time_point now);
  /// All idle connections, which are gone now.
  std::vector<id> drop_idle();

  counts count() const noexcept;
  bool unused() const noexcept { return connections_.empty() && waiting_.empty(); }

private:
  enum class phase { connecting, leased, idle };
  class connection_state {
  public:
    connection_state() = default;
    phase where = phase::connecting;
    time_point made{};
    time_point idle_since{};
  };
  class waiter_state {
  public:
    waiter_state(id w, bool f) : who(w), fresh_only(f) {}
    id who;
    bool fresh_only;
  };

  bool too_old(const connection_state& c, time_point now) const;
  std::optional<id> pop_idle(time_point now);
  std::optional<decision> serve(time_point now, bool fresh_only, id waiter);
  id begin_connecting();

  pool_settings settings_;
  std::map<id, connection_state> connections_;
  std::deque<id> idle_; // The one given back last at the end.
  std::deque<waiter_state> waiting_;
  std::size_t connecting_ = 0;
  id last_id_ = 0;
};

} // namespace weir::net
