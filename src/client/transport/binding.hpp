// What binds a client to one executor: the executor of its calls, and what belongs to that executor's context.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include <weir/core/time.hpp>
#include <weir/task/reply.hpp>

#include "client/transport/turnstile.hpp"
#include "core/async/executor_kind.hpp"
#include "core/async/shutdown_hook.hpp"
#include "net/pool/pool.hpp"

namespace weir::inline v0 {

/// A client's stay on the executor that its first call ran on, until the context of that executor shuts down. Then
/// replies end as cancelled, and the pool lets go of its sockets, so that client and replies may outlive the context.
///
/// The client's state is that executor's alone: every call comes in through enter(), and goes on through check(). A
/// strand is known by itself. A context's own executor runs as many handlers at a time as threads run the
/// context: there, one thread is let in until no call is left.
/// Thread safety: enter(), check() and over() are safe.
class binding final : public std::enable_shared_from_this<binding>, private shutdown_hook {
public:
  class visit;

  /// \throws weir::error errc::wrong_executor for an executor with several threads.
  binding(const boost::asio::any_io_executor& plain, std::shared_ptr<net::connector> via, net::pool_settings settings,
          net::make_carrier carriers);

  /// A call begins. \throws weir::error errc::wrong_executor, as check().
  std::unique_ptr<visit> enter(const boost::asio::any_io_executor& ex);
  /// \throws weir::error errc::wrong_executor, with a message that says how to change the program, unless `ex` is the
  /// executor of this binding.
  void check(const boost::asio::any_io_executor& ex) const;
  /// The context has shut down.
  bool over() const noexcept { return over_.load(std::memory_order_acquire); }

  net::pool& pool() noexcept { return pool_; }
  /// \pre !over()
  time_point now() const noexcept { return time_of(*context_).now(); }

private:
  void on_shutdown() noexcept override;

  const executor_kind kind_;
  boost::asio::execution_context* const context_;
  boost::asio::any_io_executor executor_; // empty once the context has shut down
  std::atomic<bool> over_ = false;
  std::atomic<std::thread::id> thread_;
  net::pool pool_;
  const std::shared_ptr<turnstile> turns_ = std::make_shared<turnstile>();
  std::mutex mutex_;
  visit* visits_ = nullptr;
};

/// One call, until its reply has ended.
class binding::visit final : public reply::listener {
public:
  ~visit() override;

  const std::shared_ptr<turnstile>& turns() const noexcept { return at_->turns_; }
  /// The visit stays with the reply.
  static reply keep_with(std::unique_ptr<visit> v, reply on);
  void ended(const reply::source&) noexcept override {}

private:
  friend class binding;
  explicit visit(std::shared_ptr<binding> at) noexcept;

  const std::shared_ptr<binding> at_;
  reply::source* source_ = nullptr;
  visit* next_ = nullptr;
  visit* prev_ = nullptr;
};

} // namespace weir::inline v0
