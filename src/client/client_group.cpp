#include <weir/client/client_group.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace weir {

namespace asio = boost::asio;

class client_group::state {
public:
  state(options o, std::size_t threads) {
    if (threads == 0)
      threads = std::max(1u, std::thread::hardware_concurrency());
    if (!o.shared())
      o.share(make_shared_policies(o));
    for (std::size_t i = 0; i < threads; ++i)
      workers_.push_back(std::make_unique<worker>(o));
    for (auto& w : workers_)
      w->thread = std::thread([raw = w.get()] { raw->context.run(); });
  }

  ~state() {
    for (auto& w : workers_)
      asio::post(w->context, [raw = w.get()] { raw->wind_up(); });
    for (auto& w : workers_)
      w->thread.join();
  }

  void spawn(task t) {
    auto& w = **std::min_element(workers_.begin(), workers_.end(),
                                 [](const auto& a, const auto& b) { return a->load < b->load; });
    ++w.load;
    {
      std::lock_guard lock(mutex_);
      ++running_;
    }
    asio::post(w.context, [this, &w, t = std::move(t)]() mutable { start(w, std::move(t)); });
  }

  void join() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return running_ == 0; });
    if (auto e = std::exchange(first_, nullptr))
      std::rethrow_exception(e);
  }

  std::size_t size() const noexcept { return workers_.size(); }

private:
  class worker {
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

  void start(worker& w, task t) {
    if (w.closing) {
      ended(w, nullptr);
      return;
    }
    // The task object outlives its coroutine, whose frame refers to its captures.
    auto kept = std::make_shared<task>(std::move(t));
    std::optional<asio::awaitable<void>> body;
    try {
      body.emplace((*kept)(*w.one));
    } catch (...) {
      ended(w, std::current_exception());
      return;
    }
    const auto signal = w.signals.emplace(w.signals.end());
    asio::co_spawn(w.context, std::move(*body),
                   asio::bind_cancellation_slot(signal->slot(), [this, &w, signal, kept](std::exception_ptr e) {
                     w.signals.erase(signal);
                     ended(w, e);
                   }));
  }

  void ended(worker& w, std::exception_ptr e) {
    --w.load;
    std::lock_guard lock(mutex_);
    if (e && !first_)
      first_ = e;
    if (--running_ == 0)
      idle_.notify_all();
  }

  std::vector<std::unique_ptr<worker>> workers_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t running_ = 0;
  std::exception_ptr first_;
};

client_group::client_group(options o, std::size_t threads) : state_(std::make_unique<state>(std::move(o), threads)) {}
client_group::~client_group() = default;
void client_group::spawn(task t) { state_->spawn(std::move(t)); }
void client_group::join() { state_->join(); }
std::size_t client_group::size() const noexcept { return state_->size(); }

} // namespace weir
