#include "client/worker_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <list>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace weir::inline v0 {

namespace asio = boost::asio;

std::thread start_thread(std::function<void()> body) { return std::thread(std::move(body)); }

class worker_group::worker {
public:
  explicit worker(const options& o) : one(std::make_unique<client>(o)), work(context.get_executor()) {}

  void wind_up() {
    closing = true;
    // A task that ends at once takes its signal out of the list.
    for (auto next = signals.begin(); next != signals.end();) {
      const auto current = next++;
      current->emit(asio::cancellation_type::terminal);
    }
    one->close();
    work.reset();
  }

  asio::io_context context{1};
  std::unique_ptr<client> one;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::list<asio::cancellation_signal> signals; // one for each running task
  std::atomic<std::size_t> load{0};
  bool closing = false; // of the worker's thread
  std::thread thread;
};

worker_group::worker_group(options o, std::size_t threads, const thread_starter& start) {
  if (threads == 0)
    threads = std::max(1u, std::thread::hardware_concurrency());
  if (!o.shared())
    o.share(make_shared_policies(o));
  std::string what;
  try {
    make(o, threads, start);
    return;
  } catch (const boost::system::system_error& e) {
    end();
    if (e.code().category() == error_category())
      throw;
    what = e.what();
  } catch (const std::system_error& e) {
    what = e.what();
    end();
  } catch (...) {
    end();
    throw;
  }
  throw error(errc::out_of_resources, "a client_group of " + std::to_string(threads) + " threads cannot be started (" +
                                          what +
                                          "): have fewer, or raise this process's limits (ulimit -u, ulimit -n)");
}

worker_group::~worker_group() { end(); }

void worker_group::make(const options& o, std::size_t threads, const thread_starter& start) {
  workers_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i)
    workers_.push_back(std::make_unique<worker>(o));
  for (auto& w : workers_)
    w->thread = start([raw = w.get()] { raw->context.run(); });
}

void worker_group::end() noexcept {
  for (auto& w : workers_)
    if (w->thread.joinable())
      asio::post(w->context, [raw = w.get()] { raw->wind_up(); });
  for (auto& w : workers_)
    if (w->thread.joinable())
      w->thread.join();
  workers_.clear();
}

void worker_group::spawn(task t) {
  auto& w = **std::min_element(workers_.begin(), workers_.end(),
                               [](const auto& a, const auto& b) { return a->load < b->load; });
  ++w.load;
  {
    std::lock_guard lock(mutex_);
    ++running_;
  }
  try {
    asio::post(w.context, [this, &w, t = std::move(t)]() mutable { start(w, std::move(t)); });
  } catch (...) {
    ended(w, nullptr);
    throw;
  }
}

void worker_group::join() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return running_ == 0; });
  if (auto e = std::exchange(first_, nullptr))
    std::rethrow_exception(e);
}

void worker_group::start(worker& w, task t) {
  if (w.closing) {
    ended(w, nullptr);
    return;
  }
  auto signal = w.signals.end();
  try {
    // The task object outlives its coroutine, whose frame refers to its captures.
    const auto kept = std::make_shared<task>(std::move(t));
    auto body = (*kept)(*w.one);
    signal = w.signals.emplace(w.signals.end());
    auto done = [this, &w, signal, kept](std::exception_ptr e) {
      w.signals.erase(signal);
      ended(w, e);
    };
    asio::co_spawn(w.context, std::move(body), asio::bind_cancellation_slot(signal->slot(), std::move(done)));
  } catch (...) {
    if (signal != w.signals.end())
      w.signals.erase(signal);
    ended(w, std::current_exception());
  }
}

void worker_group::ended(worker& w, std::exception_ptr e) noexcept {
  --w.load;
  std::lock_guard lock(mutex_);
  if (e && !first_)
    first_ = e;
  if (--running_ == 0)
    idle_.notify_all();
}

} // namespace weir::inline v0
