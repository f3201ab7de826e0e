// One client per thread.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>

#include <weir/client/client.hpp>

WEIR_BEGIN_NAMESPACE

/// Threads that each run one client on a context of their own: how a program that is not
/// built on Asio, or a server with many cores, uses weir.
///
///     weir::client_group clients(weir::from_environment(), 4);
///     clients.spawn([](weir::client& client) -> asio::awaitable<void> { … });
///     clients.join();
///
/// Object lifetimes: the destructor cancels what runs and joins the threads.
/// Thread safety: spawn() and size() are safe; join() and destruction belong to one thread.
class client_group {
public:
  using task = std::function<boost::asio::awaitable<void>(client&)>;

  /// `threads` 0: one per processor. \throws weir::error errc::out_of_resources if that many cannot be started.
  explicit client_group(options o, std::size_t threads = 0);
  client_group(const client_group&) = delete;
  client_group& operator=(const client_group&) = delete;
  ~client_group();

  /// Runs a task on the thread that has the fewest tasks. The task object lives as long as its coroutine, so a lambda
  /// may capture. A task's exception is kept for join().
  void spawn(task t);

  /// Waits until every task has ended; rethrows the first exception. The group can be used
  /// again afterwards.
  void join();

  /// The number of threads.
  std::size_t size() const noexcept;

private:
  class state;
  std::unique_ptr<state> state_;
};

WEIR_END_NAMESPACE
