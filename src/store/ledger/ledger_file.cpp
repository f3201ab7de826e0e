// The ledger in a file: an entry is written at once, or with others that follow it within a moment.
#include <weir/store/ledger_file.hpp>

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "store/ledger/entry_json.hpp"
#include "store/ledger/ledger_sink.hpp"
#include "store/ledger/open_ledgers.hpp"

namespace weir::inline v0 {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t most_gathered = std::size_t{16} << 10;
constexpr std::size_t usual_line = 640;
constexpr duration longest_gather = std::chrono::seconds(1);

std::string words_of(int error) { return std::error_code(error, std::system_category()).message(); }

// Signals are for the threads of the program.
std::thread start_without_signals(std::function<void()> body) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread started(std::move(body));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

class appender final : public ledger_file, public store::holding_back {
public:
  appender(std::string path, ledger_options o)
      : options_(std::move(o)), gather_(options_.gather()),
        sink_(std::move(path), options_.max_bytes(), options_.keep()) {
    if (!sink_.open()) {
      const auto why = words_of(errno);
      throw error(errc::invalid_configuration,
                  "the ledger \"" + sink_.path() + "\" cannot be opened for writing: " + why);
    }
  }
  appender(const appender&) = delete;
  appender& operator=(const appender&) = delete;
  ~appender() override {
    stop_watching();
    write_all();
  }

  void add(const ledger_entry& e) noexcept override {
    try {
      std::string line;
      line.reserve(usual_line);
      store::append_line(line, e);
      std::unique_lock lock(mutex_);
      // While someone watches, there is no need for a look at the clock.
      const bool waits = gathers() && (watching_ || steady::now() - written_ < gather_);
      gathered_ += line;
      ++held_back_;
      if (!waits || gathered_.size() >= most_gathered || sink_.filled_by(gathered_.size()) || !watched())
        write();
      tell(lock);
    } catch (...) {
      std::lock_guard lock(mutex_);
      ++state_.lost;
    }
  }

  bool ready(std::string& why) noexcept override {
    if (!options_.required())
      return true;
    std::unique_lock lock(mutex_);
    if (state_.failure.empty() && tried_)
      return true;
    try {
      if (sink_.reopen(steady::now()) && sink_.probe()) {
        tried_ = true;
        recovered();
        tell(lock);
        return true;
      }
      why = state_.failure.empty() ? failure_by_system(errno) : state_.failure;
    } catch (...) {
      why = "out of memory";
    }
    return false;
  }

  state inspect() const override {
    std::lock_guard lock(mutex_);
    return state_;
  }
  const std::string& path() const noexcept override { return sink_.path(); }
  void on_loss(ledger_options::loss_hook also) override {
    const std::lock_guard lock(mutex_);
    hooks_.push_back(std::move(also));
  }
  void gather(duration most) override {
    check_gather(most);
    {
      const std::lock_guard lock(mutex_);
      gather_ = most;
    }
    write_all();
  }
  void flush() noexcept override { write_all(); }

  void write_all() noexcept override {
    std::unique_lock lock(mutex_);
    write();
    tell(lock);
  }
  void retire() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      gather_ = duration();
    }
    write_all();
  }
  void hold_still() noexcept override {
    mutex_.lock();
    write();
  }
  void let_go(bool copied) noexcept override {
    if (copied) {
      // Its thread is not there, and must not be waited for.
      (void)watcher_.release();
      watching_ = false;
    }
    mutex_.unlock();
  }

  static void check_gather(duration d) {
    if (d < duration() || d > longest_gather)
      throw error(errc::invalid_configuration, "ledger.gather: must be from 0 to 1s");
  }

private:
  // The thread that writes what nobody else has written in time.
  struct watcher {
    watcher() = default;
    std::condition_variable wake;
    std::thread thread;
  };

  // What is not a regular file takes no more than a line in one piece, and who requires entries is told at once.
  bool gathers() const noexcept { return gather_ > duration() && sink_.is_regular() && !options_.required(); }

  // \returns whether what is gathered will be written in time.
  bool watched() noexcept {
    if (std::exchange(watching_, true))
      return true;
    due_ = written_ + gather_;
    try {
      if (!watcher_) {
        auto made = std::make_unique<watcher>();
        made->thread = start_without_signals([this, w = made.get()] { watch(*w); });
        watcher_ = std::move(made);
      }
      watcher_->wake.notify_one();
      return true;
    } catch (...) {
      return watching_ = false;
    }
  }

  void watch(watcher& w) noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
      w.wake.wait(lock, [this] { return watching_ || closing_; });
      if (w.wake.wait_until(lock, due_, [this] { return closing_; }))
        return;
      // What has been written meanwhile, because it was much, is not due yet.
      if (const bool newer = written_ + gather_ > due_; !newer || held_back_ == 0) {
        watching_ = held_back_ != 0;
        write();
      }
      due_ = written_ + gather_;
      tell(lock);
    }
  }

  void stop_watching() noexcept {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    if (watcher_) {
      watcher_->wake.notify_one();
      watcher_->thread.join();
    }
  }

  void write() noexcept {
    if (held_back_ == 0)
      return;
    const auto count = std::exchange(held_back_, std::size_t{0});
    written_ = steady::now();
    store::ledger_sink::result done;
    try {
      done = sink_.append(gathered_, count, written_);
    } catch (...) {
      done.error = ENOMEM;
    }
    gathered_.clear();
    tried_ = tried_ || done.lines != 0;
    state_.written += done.lines;
    state_.lost += count - done.lines;
    try {
      if (done.error == 0)
        return recovered();
      news_ = news_ || state_.failure.empty();
      state_.failure = failure_by_system(done.error);
    } catch (...) {
      // Counted, if not told.
    }
  }

  std::string failure_by_system(int number) const {
    return "the ledger \"" + sink_.path() + "\" cannot be written: " + words_of(number);
  }

  void recovered() noexcept {
    news_ = news_ || !state_.failure.empty();
    state_.failure.clear();
  }

  // Tells what has changed, without the lock.
  void tell(std::unique_lock<std::mutex>& lock) noexcept {
    if (!std::exchange(news_, false))
      return;
    try {
      auto all = hooks_;
      if (options_.on_loss())
        all.push_back(options_.on_loss());
      const auto now = state_;
      lock.unlock();
      for (const auto& hook : all)
        try {
          hook(now.failure, now.lost);
        } catch (...) {
          // A failing hook must not fail the call.
        }
    } catch (...) {
      // Who asks is told by inspect().
    }
    if (!lock)
      lock.lock();
  }

  const ledger_options options_;
  mutable std::mutex mutex_;
  duration gather_;
  store::ledger_sink sink_;
  std::string gathered_; // whole lines
  std::size_t held_back_ = 0;
  steady::time_point written_; // when something was last
  steady::time_point due_;     // when what is gathered is to be written
  std::unique_ptr<watcher> watcher_;
  bool watching_ = false;
  bool closing_ = false;
  bool tried_ = false; // a line has been written
  bool news_ = false;  // the failure has come or gone since it was told
  state state_;
  std::vector<ledger_options::loss_hook> hooks_;
};

} // namespace

std::shared_ptr<ledger_file> open_ledger(std::string path, ledger_options o) {
  if (path.empty())
    throw error(errc::invalid_configuration, "ledger.path: must not be empty");
  if (o.keep() == 0 || o.keep() > 1000)
    throw error(errc::invalid_configuration, "ledger.keep: must be from 1 to 1000");
  appender::check_gather(o.gather());
  auto opened = std::make_shared<appender>(std::move(path), std::move(o));
  store::remember_open(opened);
  return opened;
}

} // namespace weir::inline v0
