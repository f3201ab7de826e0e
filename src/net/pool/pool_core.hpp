// What a pool decides for one origin, without sockets, clocks or coroutines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <utility>
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
/// A carrier (HTTP/2) is leased to as many callers as its capacity allows. The one with the fewest takes the next; up
/// to `spread` callers at first, so that a connection that is lost takes few with it, and beyond that once `few`
/// carriers are there or no further one can be had.
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
  static constexpr std::size_t spread = 40;
  static constexpr std::size_t few = 8;

  explicit pool_core(const pool_settings& s) : settings_(s), window_(s.max_dials()) {}
  pool_core(const pool_core&) = delete;
  pool_core& operator=(const pool_core&) = delete;

  /// Leases an idle connection, or a place on a carrier; check its health, and if it is bad call gone() and ask again.
  /// Nothing if there is none, or if others are already waiting: nobody overtakes them.
  std::optional<id> take_idle(time_point now) noexcept;
  /// A caller queues. \returns the waiter, which ready(), opened() or failed() will name, or nothing: the queue is
  /// full. `fresh_only`: never a connection that was idle, for use after one has proved stale; carriers tell
  /// themselves.
  std::optional<id> enter(time_point now, bool fresh_only);
  /// A waiter gives up. What it was granted already is returned by put_back().
  void leave(id waiter, time_point now) noexcept;

  class match {
  public:
    match(id w, id c) : waiter(w), connection(c) {}
    id waiter;
    id connection;
  };
  /// Which waiter may have which idle connection or carrier; check its health, then call grant() or gone(), and ask
  /// again.
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
  /// `capacity`: that of a carrier, and then ready() names who else has a place on it; 0: it is none.
  opened_connection opened(id connection, time_point now, std::size_t capacity = 0) noexcept;
  /// The capacity of a carrier has changed; 0: it takes no new callers. False: nobody has a place on it, and it is
  /// gone.
  bool resize(id carrier, std::size_t capacity, time_point now) noexcept;
  /// A dial failed and is gone. \returns the waiter that fails with it, or 0. That is the one that it was begun for, if
  /// that still waits; but a dial that timed out says nothing against a target whose other connections are in use or
  /// were lately, and no failure matters where a carrier has places left: then the waiter stays, for any connection.
  id failed(id connection, bool timed_out, time_point now) noexcept;

  /// A leased connection, or a place on a carrier, is returned. False: the connection must be closed, and is gone.
  bool give_back(id connection, time_point now) noexcept;
  /// The same for one that was granted and not used.
  bool put_back(id connection, time_point now) noexcept;
  /// A connecting, leased or idle one no longer exists; of carriers only one on which nobody has a place.
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
  using loads = std::set<std::pair<std::size_t, id>>; // carriers by how many have a place on them
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
    // Of a carrier.
    bool carries = false;
    std::size_t capacity = 0;
    std::size_t places = 0; // That are taken.
    std::size_t listed = 0; // The same as loads_ has it; 0: it is not there, and its entry is here.
    loads::node_type unlisted;
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
  std::optional<id> newest_idle(time_point now, bool carriers_only) const noexcept;
  std::optional<id> least_loaded(time_point now) const noexcept;
  std::optional<id> choose(time_point now, bool carriers_only) const noexcept;
  bool spreads() const noexcept;
  void set_capacity(connection_state& c, std::size_t capacity) noexcept;
  void list(id carrier, connection_state& c) noexcept;
  waiter_state& waiter(id w) noexcept;
  id first_waiting() const noexcept;
  void remove_waiter(id w) noexcept;
  void forget(id connection) noexcept;
  void lease(id connection, connection_state& c) noexcept;
  void assign(id dial, id w) noexcept;
  id end_dial(id connection, connection_state& c) noexcept;
  void settle(time_point now) noexcept;

  pool_settings settings_;
  std::map<id, connection_state> connections_;
  ids idle_;    // The one returned last at the end.
  ids orphans_; // Dials that run for nobody, and are not slow.
  ids others_;
  loads loads_;       // Of the carriers that are in use and have places left.
  std::set<id> fast_; // Dials that are not slow.
  queue any_, fresh_;
  std::set<id> undialed_; // Waiters without a dial.
  std::size_t connecting_ = 0;
  std::size_t carriers_ = 0;       // Those that take new callers.
  std::size_t per_dial_ = 1;       // How many callers a dial is expected to serve: what the last one did.
  bool has_failed_ = false;        // The last dial.
  std::size_t window_;             // How many dials may be fast.
  std::uint64_t signs_ = 0;        // Connections opened and returned: signs of life.
  time_point quiet_since_ = never; // Since when dials have continued that nobody needs.
  id last_id_ = 0;
};

} // namespace weir::inline v0::net
