#include "client/post/background.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <condition_variable>
#include <mutex>
#include <string>
#include <system_error>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr auto patience = std::chrono::milliseconds(500);

} // namespace

class background::state {
public:
  state() : io(std::make_unique<asio::io_context>(1)), work(io->get_executor()) {}

  void run() noexcept {
    io->run();
    // stop() may still be inside of the context's own.
    std::unique_lock lock(mutex);
    lock.unlock();
    work.reset();
    io.reset(); // waits for the resolver's thread
    lock.lock();
    ended = true;
    changed.notify_all();
  }

  std::unique_ptr<asio::io_context> io;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
};

background::background() : state_(std::make_shared<state>()) {
  try {
    thread_ = std::thread([s = state_] { s->run(); });
  } catch (const std::system_error& e) {
    throw error(errc::out_of_resources, std::string("no thread can be started (") + e.what() + ")");
  }
}

asio::io_context::executor_type background::executor() const noexcept { return state_->io->get_executor(); }

void background::stop() noexcept {
  if (!thread_.joinable())
    return;
  bool ended = false;
  {
    std::unique_lock lock(state_->mutex);
    if (!state_->ended)
      state_->io->stop();
    ended = state_->changed.wait_for(lock, patience, [this] { return state_->ended; });
  }
  if (ended)
    thread_.join();
  else
    thread_.detach();
}

} // namespace weir::inline v0
