// Things that arrive from other threads, for one strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/async/shutdown_hook.hpp"

namespace weir::inline v0::batch_engine {

/// Collects what is put, and posts to the strand once for all that has arrived since it was last taken.
/// Object lifetimes: may outlive the strand's context, after whose shutdown nothing is posted and what is put is
/// dropped. Thread safety: put() is safe; take() belongs to the strand.
template <class T>
class inbox : public std::enable_shared_from_this<inbox<T>>, private shutdown_hook {
public:
  /// \param wake runs on the strand when something has arrived; it is dropped by close().
  inbox(boost::asio::any_io_executor ex, std::function<void()> wake) : ex_(std::move(ex)), wake_(std::move(wake)) {
    attach(boost::asio::query(ex_, boost::asio::execution::context));
  }
  ~inbox() = default;

  void put(T v) {
    const std::lock_guard lock(mutex_);
    if (closed_)
      return;
    waiting_.push_back(std::move(v));
    if (std::exchange(posted_, true))
      return;
    // Under the mutex: the context that is posted to is still there.
    boost::asio::post(ex_, [self = this->weak_from_this()] {
      if (const auto box = self.lock())
        box->arrived();
    });
  }

  std::vector<T> take() {
    std::vector<T> all;
    take(all);
    return all;
  }
  /// In place of what `into` has, whose memory is used again.
  void take(std::vector<T>& into) {
    into.clear();
    const std::lock_guard lock(mutex_);
    posted_ = false;
    waiting_.swap(into);
  }

  void close() noexcept {
    std::vector<T> dropped;
    std::function<void()> wake;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(waiting_);
    wake.swap(wake_);
  }

private:
  void arrived() {
    if (wake_)
      wake_();
  }
  void on_shutdown() noexcept override { close(); }

  boost::asio::any_io_executor ex_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<T> waiting_;
  bool posted_ = false;
  bool closed_ = false;
};

} // namespace weir::inline v0::batch_engine
