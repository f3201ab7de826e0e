// The threads of a client_group.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <weir/client/client_group.hpp>

namespace weir::inline v0 {

/// Starts a thread, or throws. A parameter for the sake of tests.
using thread_starter = std::function<std::thread(std::function<void()>)>;
std::thread start_thread(std::function<void()> body);

/// See client_group.
class worker_group {
public:
  using task = client_group::task;

  /// \throws weir::error errc::out_of_resources if a thread or its context cannot be had, once those that were
  /// started have ended.
  worker_group(options o, std::size_t threads, const thread_starter& start = start_thread);
  worker_group(const worker_group&) = delete;
  worker_group& operator=(const worker_group&) = delete;
  ~worker_group();

  void spawn(task t);
  void join();
  std::size_t size() const noexcept { return workers_.size(); }

private:
  class worker;

  void make(const options& o, std::size_t threads, const thread_starter& start);
  void end() noexcept;
  void start(worker& w, task t);
  void ended(worker& w, std::exception_ptr e) noexcept;

  std::vector<std::unique_ptr<worker>> workers_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t running_ = 0;
  std::exception_ptr first_;
};

} // namespace weir::inline v0
