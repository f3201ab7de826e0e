// Connections kept for the next call: leased one at a time, or by places where several calls share one.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

#include <weir/net/settings.hpp>
#include <weir/net/stream.hpp>

#include "net/pool/carrier.hpp"
#include "net/pool/pool_core.hpp"
#include "net/shared_stream.hpp"

namespace weir::inline v0::net {

namespace detail {
class pool_host;
class pool_state;
} // namespace detail

/// A leased connection. Destruction closes it, unless give_back() was called: a
/// connection in an unknown state is never used again. A place on a carrier is given back either way: what was carried
/// there ends by itself.
/// Object lifetimes: may outlive the pool. Thread safety: none; the pool's strand.
class lease {
public:
  lease() = default;
  lease(lease&& other) noexcept;
  lease& operator=(lease&& other) noexcept;
  ~lease() { close(); }

  explicit operator bool() const noexcept { return stream_ || carried_; }
  /// What carries this lease's exchange beside others, if anything does: then there is no connection().
  const std::shared_ptr<carrier>& carried() const noexcept { return carried_; }
  stream& connection() const noexcept { return *stream_; }
  /// For operations that wait on it: see shared_stream.
  const std::shared_ptr<stream>& share() const noexcept { return stream_.share(); }
  const origin& to() const noexcept { return to_; }
  /// How the connection was set up; times().reused says that it came from the pool. Then the peer may have closed it
  /// meanwhile, and an exchange that saw no byte of a response may be repeated on a lease that is `fresh_only`.
  const connect_times& times() const noexcept { return times_; }

  /// The exchange ended cleanly and nothing is left on the wire: the connection may be used again.
  void give_back() noexcept;
  /// Closes the connection and frees its place, at once; operations that wait on it keep the object until they are
  /// told. Idempotent.
  void close() noexcept;

private:
  friend class detail::pool_state;
  lease(std::weak_ptr<detail::pool_state> from, detail::pool_host& host, pool_core::id id, shared_stream s,
        connect_times t);
  lease(std::weak_ptr<detail::pool_state> from, detail::pool_host& host, pool_core::id id, std::shared_ptr<carrier> c,
        connect_times t);

  std::weak_ptr<detail::pool_state> from_;
  detail::pool_host* host_ = nullptr; // Lives as long as the state, while a connection of it is leased.
  origin to_;
  pool_core::id id_ = 0;
  shared_stream stream_;
  std::shared_ptr<carrier> carried_;
  connect_times times_;
};

/// Leases connections by origin, within pool_settings.
///
/// Idle connections are pruned when the pool is used, and by prune(). There is no timer for that: an idle pool holds
/// sockets, even those that the peer has closed, but keeps no io_context running. Connections are opened independently
/// of the callers that wait for them: see pool_core. Those that nobody waits for any more continue to open, for
/// pool_core::linger at most if nobody uses their origin either.
/// Object lifetimes: `time` must outlive the pool. Destroying the pool is close().
/// Thread safety: none; one strand.
class pool {
public:
  /// Without `carriers` every connection carries one exchange at a time.
  pool(std::shared_ptr<connector> via, time_source& time, pool_settings settings = pool_settings(),
       make_carrier carriers = make_carrier());
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  /// An idle connection that is healthy or a place on a carrier, or else the first that becomes idle or is opened.
  /// `fresh_only`: no connection that was idle.
  /// Errors: errc::pool_exhausted at once if too many wait; what the connector throws, except a connect_timeout while
  /// other connections to the origin are in use: then the wait continues. errc::cancelled after close().
  /// Cancellation: terminal; leaves the queue, and what was granted goes to the next.
  boost::asio::awaitable<net::lease> lease(origin to, bool fresh_only = false);

  /// Closes idle connections that are too old.
  void prune();
  /// Closes idle connections, aborts the opening of others and fails all waiting callers; leases stay usable and are
  /// closed afterwards.
  void close() noexcept;

  using stats_type = pool_core::counts;
  stats_type stats() const;
  stats_type stats(const origin& to) const;

private:
  std::shared_ptr<detail::pool_state> state_;
};

} // namespace weir::inline v0::net
