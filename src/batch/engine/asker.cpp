#include "batch/engine/asker.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include <weir/client/client_group.hpp>
#include <weir/core/as_result.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/group.hpp>
#include <weir/core/scope.hpp>
#include <weir/core/within.hpp>

namespace weir::inline v0::batch_engine {

namespace asio = boost::asio;

namespace {

batch_result failed_with(const std::exception_ptr& why) {
  batch_result r;
  r.failure = failure_of(why);
  r.outcome = outcome_of(r.failure);
  return r;
}

using one_call = std::function<asio::awaitable<batch_result>(const batch_item&)>;

// The function and the item outlive the coroutine, which is why they are parameters.
asio::awaitable<void> call_and_report(std::shared_ptr<const one_call> f, std::shared_ptr<asked> call) {
  auto& r = call->result();
  try {
    auto asking = (*f)(call->item());
    r = co_await std::move(asking);
  } catch (...) {
    r = failed_with(std::current_exception());
  }
  call->report();
}

// On the strand of run().
class local_asker final : public asker {
public:
  explicit local_asker(one_call f) : by_(std::make_shared<const one_call>(std::move(f))) {}

  void begin(const asio::any_io_executor& ex) override { running_.emplace(ex); }
  void start(std::shared_ptr<asked> call) override {
    if (cancelled_) {
      batch_result r;
      r.outcome = outcome::cancelled;
      r.failure = failure(errc::cancelled, "the job was stopped");
      call->result() = std::move(r);
      return call->report();
    }
    running_->spawn(call_and_report(by_, std::move(call)));
  }
  void cancel() noexcept override {
    cancelled_ = true;
    if (running_)
      running_->cancel();
  }

private:
  const std::shared_ptr<const one_call> by_;
  std::optional<group> running_;
  bool cancelled_ = false;
};

// The scopes of calls that run on the threads of a group, to be cancelled from another thread.
class remote_scopes {
public:
  remote_scopes() = default;

  // A running call's place among them.
  class place {
  public:
    place(std::shared_ptr<remote_scopes> of, const std::shared_ptr<scope>& s) : of_(std::move(of)), scope_(s) {
      const std::lock_guard lock(of_->mutex_);
      of_->running_.insert(scope_);
      if (of_->cancelled_)
        scope_->cancel();
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
      const std::lock_guard lock(of_->mutex_);
      of_->running_.erase(scope_);
    }

  private:
    std::shared_ptr<remote_scopes> of_;
    std::shared_ptr<scope> scope_;
  };

  // Posts under the mutex: the context of a call that is still in its place is there.
  void cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (const auto& s : running_)
      asio::post(s->inner(), [s] { s->cancel(); });
  }

private:
  std::mutex mutex_;
  std::set<std::shared_ptr<scope>> running_;
  bool cancelled_ = false;
};

asio::awaitable<void> ask_remotely(client& by, std::shared_ptr<remote_scopes> all, std::shared_ptr<const ask_options> o,
                                   std::shared_ptr<asked> call) {
  auto& r = call->result();
  try {
    const auto own = scope_of(co_await asio::this_coro::executor)->child();
    const remote_scopes::place here(all, own);
    auto asking = detail::run_in<batch_result>(own, ask(by, call->item(), *o), false, false);
    r = co_await std::move(asking);
  } catch (...) {
    r = failed_with(std::current_exception());
  }
  call->report();
}

// On the threads of a group.
class group_asker final : public asker {
public:
  group_asker(client_group& by, ask_options o) : by_(by), options_(std::make_shared<const ask_options>(std::move(o))) {}
  ~group_asker() override { cancel(); }

  void begin(const asio::any_io_executor&) override {}
  void start(std::shared_ptr<asked> call) override {
    by_.spawn([all = all_, o = options_, call = std::move(call)](client& c) { return ask_remotely(c, all, o, call); });
  }
  void cancel() noexcept override {
    try {
      all_->cancel();
    } catch (const std::bad_alloc&) {
      // Those that were not told run to their end.
    }
  }

private:
  client_group& by_;
  const std::shared_ptr<const ask_options> options_;
  const std::shared_ptr<remote_scopes> all_ = std::make_shared<remote_scopes>();
};

} // namespace

std::unique_ptr<asker> ask_by(client& by, ask_options o) {
  return std::make_unique<local_asker>([&by, o = std::move(o)](const batch_item& item) { return ask(by, item, o); });
}
std::unique_ptr<asker> ask_by(client_group& by, ask_options o) {
  return std::make_unique<group_asker>(by, std::move(o));
}
std::unique_ptr<asker> ask_by(batch::ask by) { return std::make_unique<local_asker>(std::move(by)); }

} // namespace weir::inline v0::batch_engine
