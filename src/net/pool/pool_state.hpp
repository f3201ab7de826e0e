// The shell around pool_core: streams, callers that wait, and dials.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>
#include <map>
#include <memory>
#include <string>

#include <weir/core/scope.hpp>

#include "core/async/alarm.hpp"
#include "net/pool/pool.hpp"
#include "net/wait.hpp"

namespace weir::inline v0::net::detail {

/// All that is known of one origin. Exists while there is a connection to it or someone waits for one.
class pool_host {
public:
  /// A connection; held by its lease unless it is idle or was granted and not taken yet. A carrier is always held.
  class connection {
  public:
    connection() = default;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() {
      if (carried)
        carried->watch(nullptr);
    }
    shared_stream stream;
    std::shared_ptr<carrier> carried;
    connect_times times;
  };
  /// A caller in the queue. Lives in its coroutine.
  class waiter {
  public:
    explicit waiter(boost::asio::any_io_executor ex) : event(std::move(ex)) {}
    wakeup event; ///< Also set to have a dial begun.
    pool_core::id granted = 0;
    std::exception_ptr failed;
  };

  pool_host(const origin& o, std::string k, const pool_settings& s) : to(o), key(std::move(k)), core(s) {}

  void keep(pool_core::id id, shared_stream s, const connect_times& times) noexcept {
    auto& c = connections.at(id);
    c.stream = std::move(s);
    c.times = reused(times);
  }
  static connect_times reused(const connect_times& times) noexcept {
    connect_times again;
    again.reused = true;
    again.resumed = times.resumed;
    return again;
  }

  const origin to;
  const std::string key; ///< Its text().
  pool_core core;
  std::map<pool_core::id, connection> connections;
  std::map<pool_core::id, waiter*> waiting;
  std::shared_ptr<scope> dials; ///< What all dials run in. May be null.
  alarm next_event;
};

/// Shared by the pool, its dials, and callers that wait; leases only know it.
class pool_state : public std::enable_shared_from_this<pool_state> {
public:
  pool_state(std::shared_ptr<connector> via, time_source& time, pool_settings settings, make_carrier carriers)
      : via_(std::move(via)), time_(time), settings_(std::move(settings)), make_carrier_(std::move(carriers)) {}

  static boost::asio::awaitable<net::lease> acquire(std::shared_ptr<pool_state> self, origin to, bool fresh_only);

  void give_back(pool_host& h, pool_core::id id, shared_stream s, const connect_times& times) noexcept;
  void gone(pool_host& h, pool_core::id id) noexcept;
  /// A place on a carrier.
  void give_back(pool_host& h, pool_core::id id) noexcept;
  void prune();
  void close() noexcept;
  pool_core::counts count() const;
  pool_core::counts count(const origin& to) const;

private:
  class queued;
  class dialing;

  static boost::asio::awaitable<pool_core::id> wait(std::shared_ptr<pool_state> self, pool_host& h, bool fresh_only);
  static boost::asio::awaitable<void> dial(std::shared_ptr<pool_state> self, pool_host& h, pool_core::id id);

  pool_host& at(const origin& to);
  bool healthy(pool_host& h, pool_core::id id, bool leased) noexcept;
  void begin_dials(pool_host& h, const boost::asio::any_io_executor& ex);
  void opened(pool_host& h, pool_core::id id, shared_stream s, std::shared_ptr<carrier> carries,
              const connect_times& times) noexcept;
  void failed(pool_host& h, pool_core::id id, std::exception_ptr why) noexcept;
  net::lease take(pool_host& h, pool_core::id id);
  void resized(pool_host& h, pool_core::id id) noexcept;
  void settle(pool_host& h) noexcept;
  void watch(pool_host& h) noexcept;
  static void stop_dials(pool_host& h) noexcept;
  void require_open() const;

  std::shared_ptr<connector> via_;
  time_source& time_;
  pool_settings settings_;
  make_carrier make_carrier_;
  std::map<std::string, pool_host> hosts_;
  time_point next_prune_ = time_point::min();
  bool closed_ = false;
};

} // namespace weir::inline v0::net::detail
