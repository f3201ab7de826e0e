// A group of concurrent tasks that is joined as one.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>

WEIR_BEGIN_NAMESPACE

/// Runs tasks concurrently and waits for all of them.
///
///     weir::group group;
///     for (auto& prompt : prompts) group.spawn(ask(client, prompt));
///     co_await group.join();
///
/// Tasks start in join(), or at once if the group was given an executor. They run on that executor's strand, in a child
/// scope of it. The first task that throws cancels the others; join() waits for all of them and rethrows that first
/// exception.
///
/// Object lifetimes: join() before the group is destroyed. A group destroyed without it
/// cancels its tasks; they end on their own soon after, and errors are lost.
/// Thread safety: none; one strand.
class group {
public:
  /// At most `limit` tasks run at a time, the others wait in order; 0: no limit.
  explicit group(std::size_t limit = 0);
  explicit group(boost::asio::any_io_executor ex, std::size_t limit = 0);
  group(group&&) noexcept;
  group& operator=(group&&) noexcept;
  ~group();

  /// Adds a task; a task of the group may do so while join() waits.
  void spawn(boost::asio::awaitable<void> task);

  /// Waits until every task has ended; the group can then be used again.
  /// Errors: the first exception of a task.
  /// Cancellation: terminal; cancels the tasks, waits for them, and throws.
  boost::asio::awaitable<void> join();

  /// Cancels every task; join() then throws errc::cancelled unless all had succeeded.
  void cancel() noexcept;

  /// Tasks that have not ended.
  std::size_t size() const noexcept;

private:
  class state;
  std::shared_ptr<state> state_;
};

WEIR_END_NAMESPACE
