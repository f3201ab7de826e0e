#include "store/ledger/open_ledgers.hpp"

#include <pthread.h>

#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

namespace weir::inline v0::store {

namespace {

using list = std::vector<std::shared_ptr<holding_back>>;

class registry {
public:
  registry() {
    std::atexit([] {
      for (const auto& one : instance().all())
        one->retire();
    });
    ::pthread_atfork([] { instance().before_fork(); }, [] { instance().after_fork(false); },
                     [] { instance().after_fork(true); });
  }

  // Never destroyed: ledgers in variables with static storage duration may end after it would.
  static registry& instance() {
    static auto* const only = new registry;
    return *only;
  }

  void add(const std::shared_ptr<holding_back>& one) {
    const std::lock_guard lock(mutex_);
    std::erase_if(known_, [](const auto& other) { return other.expired(); });
    known_.push_back(one);
  }

  // Copies, so that no lock is held while they write: what they tell may open another one.
  list all() noexcept {
    list open;
    try {
      const std::lock_guard lock(mutex_);
      for (const auto& one : known_)
        if (auto still = one.lock())
          open.push_back(std::move(still));
    } catch (...) {
      // They are written a moment later.
    }
    return open;
  }

private:
  void before_fork() noexcept {
    still_.lock();
    held_ = all();
    mutex_.lock();
    for (const auto& one : held_)
      one->hold_still();
  }
  void after_fork(bool copied) noexcept {
    for (const auto& one : held_)
      one->let_go(copied);
    mutex_.unlock();
    const auto held = std::exchange(held_, {});
    still_.unlock();
  }

  std::mutex still_, mutex_;
  std::vector<std::weak_ptr<holding_back>> known_;
  list held_; // under still_
};

} // namespace

void remember_open(const std::shared_ptr<holding_back>& one) { registry::instance().add(one); }

void write_open_ledgers() noexcept {
  for (const auto& one : registry::instance().all())
    one->write_all();
}

} // namespace weir::inline v0::store
