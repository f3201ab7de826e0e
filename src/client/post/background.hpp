// A thread for what no call waits for.
#pragma once

#include <weir/core/asio.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <thread>
#include <utility>

#include <weir/core/time.hpp>

namespace weir::inline v0 {

/// A thread that runs a context of its own, until stop().
/// Object lifetimes: stop() destroys the context with what is pending on it, coroutines included; what they refer to
/// must live as long. Thread safety: post() is safe, but not beside stop() and the destructor.
class background {
public:
  /// \throws weir::error errc::out_of_resources if no thread can be started.
  background();
  background(const background&) = delete;
  background& operator=(const background&) = delete;
  ~background() { stop(); }

  /// Of the context, for what runs on the thread. Not after stop().
  boost::asio::io_context::executor_type executor() const noexcept;
  template <class F>
  void post(F&& f) {
    boost::asio::post(executor(), std::forward<F>(f));
  }

  /// Ends the thread, whatever it waits for. A look-up of a name cannot be interrupted: a thread that is in one is left
  /// alone after a while, and ends by itself. Idempotent; not on the thread itself.
  void stop() noexcept;

private:
  class state;
  std::shared_ptr<state> state_;
  std::thread thread_;
};

} // namespace weir::inline v0
