// What a pool decides for one origin, without sockets, clocks or coroutines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include <weir/net/settings.hpp>

namespace weir::inline v0::net {

/// The connections to one origin, the dials for more, and the callers that wait for either.
///
/// A caller that finds no idle connection queues, and a dial begins for it. A connection that becomes free or is opened
/// goes to the first in the queue, whoever it was dialed for; a dial whose caller is served or gone continues for the
/// next one, or for the pool. Connections that are connecting, leased or idle never exceed the cap together. The most
/// recently used idle connection is reused first, so that those not needed age and are closed.
///
/// Dials start slowly, so that later handshakes resume the session of earlier ones: max_dials() run at first, and each
/// that ends, or is slow, makes room for two.
///
/// After every change the shell calls ready() and wants_dial(), and next_event() for when to call tick(). What is
/// noexcept allocates nothing.
class pool_core {
public:
  using id = std::uint64_t;
  class counts {
  public:
    counts() = default;
    std::size_t idle = 0, leased = 0, connecting = 0, waiting = 0;
    friend bool operator==(const counts&, const counts&) = default;
  };

  /// A dial that runs longer than this does not hold others back: its peer hangs, and a slow start saves nothing.
  static constexpr duration slow_after = std::chrono::milliseconds(500);
  /// How long dials continue after the last caller has left: an event loop with nothing else to do ends then.
  static constexpr duration linger = std::chrono::seconds(1);

  explicit pool_core(const pool_settings& s) : settings_(s), window_(s.max_dials()) {}
  pool_core(const pool_core&) = delete;
  pool_core& operator=(const pool_core&) = delete;

  /// Leases an idle connection; check its health, and if it is bad call gone() and ask again. Nothing if there is none,
  /// or if others are already waiting: nobody overtakes them.
  std::optional<id> take_idle(time_point now) noexcept;
  /// A caller queues. \returns the waiter, which ready(), opened() or failed() will name, or nothing: the queue is
  /// full. `fresh_only`: never a connection that was idle, for use after one has proved stale.
  std::optional<id> enter(time_point now, bool fresh_only);
  /// A waiter gives up. What it was granted already is returned by put_back().
  void leave(id waiter, time_point now) noexcept;

  class match {
  public:
    match(id w, id c) : waiter(w), connection(c) {}
    id waiter;
    id connection;
  };
  /// Which waiter may have which idle connection; check its health, then call grant() or gone(), and ask again.
  std::optional<match> ready(time_point now) const noexcept;
  void grant(match m, time_point now) noexcept;

  class dial_order {
  public:
    explicit dial_order(id c) : connection(c) {}
    id connection;           ///< To be opened: then call opened(), failed() or gone().
    std::optional<id> evict; ///< An idle connection to close, to make room for it.
  };
  bool wants_dial() const noexcept;
  /// The waiter that the dial would be for, if that waiter is to begin it. Requires wants_dial().
  id dials_for() const noexcept { return *undialed_.begin(); }
  /// The next dial, to begin now.
  std::optional<dial_order> dial(time_point now);

  class opened_connection {
  public:
    opened_connection(bool k, id w) : kept(k), waiter(w) {}
    bool kept; ///< False: nobody needs it; it must be closed and is gone.
    id waiter; ///< The waiter that it belongs to now, or 0: idle.
  };
  opened_connection opened(id connection, time_point now) noexcept;
  /// A dial failed and is gone. \returns the waiter that fails with it, or 0. That is the one that it was begun for, if
  /// that still waits; but a dial that timed out says nothing against a target whose other connections are in use or
  /// were lately: then the waiter stays, for any connection.
  id failed(id connection, bool timed_out, time_point now) noexcept;

  /// A leased connection is returned. False: it must be closed, and is gone.
  bool give_back(id connection, time_point now) noexcept;
  /// The same for one that was granted and not used.
  bool put_back(id connection, time_point now) noexcept;
  /// A connecting, leased or idle one no longer exists.
  void gone(id connection, time_point now) noexcept;

  /// When tick() must be called next, if nothing changes before then.
  time_point next_event() const noexcept;
  /// True if nobody has needed the dials for a while, and they must be ended.
  bool tick(time_point now) noexcept;
  /// The idle connections that are too old; they are gone now.
  std::vector<id> expire(time_point now);
  /// All idle connections are gone after this.
  void drop_idle() noexcept;

  counts count() const noexcept;
  bool unused() const noexcept { return connections_.empty() && waiting() == 0; }

private:
  enum class phase { connecting, leased, idle };
  using ids = std::list<id>;
  class connection_state {
  public:
    connection_state() = default;
    phase where = phase::connecting;
    time_point made{}; // Connecting: when that began.
    time_point idle_since{};
    std::uint64_t signs = 0; // Connecting: signs_ when that began.
    id dialed_for = 0;
    ids* in = nullptr; // idle_, orphans_ or others_, and the place there.
    ids::iterator at;
  };
  class waiter_state {
  public:
    waiter_state() = default;
    id dial = 0;
    std::set<id>::node_type undialed; // Its entry in undialed_, while it has a dial.
  };
  using queue = std::map<id, waiter_state>; // In order of arrival.

  std::size_t waiting() const noexcept { return any_.size() + fresh_.size(); }
  std::size_t leased() const noexcept { return connections_.size() - idle_.size() - connecting_; }
  bool has_room() const noexcept { return connections_.size() < settings_.max_connections() || !idle_.empty(); }
  bool too_old(const connection_state& c, time_point now) const noexcept;
  std::optional<id> newest_idle(time_point now) const noexcept;
  waiter_state& waiter(id w) noexcept;
  void remove_waiter(id w) noexcept;
  void forget(id connection) noexcept;
  void lease(connection_state& c) noexcept;
  void assign(id dial, id w) noexcept;
  id end_dial(id connection, connection_state& c) noexcept;
  void settle(time_point now) noexcept;

  pool_settings settings_;
  std::map<id, connection_state> connections_;
  ids idle_;    // The one returned last at the end.
  ids orphans_; // Dials that run for nobody, and are not slow.
  ids others_;
  std::set<id> fast_; // Dials that are not slow.
  queue any_, fresh_;
  std::set<id> undialed_; // Waiters without a dial.
  std::size_t connecting_ = 0;
  std::size_t window_;             // How many dials may be fast.
  std::uint64_t signs_ = 0;        // Connections opened and returned: signs of life.
  time_point quiet_since_ = never; // Since when dials have continued that nobody needs.
  id last_id_ = 0;
};

} // namespace weir::inline v0::net
