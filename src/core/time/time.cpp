#include <weir/core/time.hpp>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/bind_executor.hpp>

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

class real_time final : public time_source {
public:
  using timer = asio::basic_waitable_timer<std::chrono::steady_clock>;

  time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
  std::chrono::system_clock::time_point wall() const noexcept override { return std::chrono::system_clock::now(); }
  void async_wait(asio::any_io_executor executor, time_point when, wait_handler handler) override {
    // The handler keeps the timer alive: moving it in would destroy it first.
    auto t = std::make_shared<timer>(executor, when);
    // Not left to the timer, which would have the slot point into itself: a signal may be emitted
    // when the context has destroyed the wait already.
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
      slot.assign([weak = std::weak_ptr<timer>(t)](asio::cancellation_type type) {
        if (const auto waited = weak.lock(); waited && type != asio::cancellation_type::none)
          waited->cancel();
      });
    auto& ref = *t;
    ref.async_wait(holding(std::move(t), std::move(handler)));
  }

private:
  class holding {
  public:
    using executor_type = asio::any_io_executor;
    holding(std::shared_ptr<timer> t, wait_handler h)
        : executor_(t->get_executor()), slot_(asio::get_associated_cancellation_slot(h)), timer_(std::move(t)),
          handler_(std::move(h)) {}
    // Not the handler's own: erased ones are copied with an allocation, and are empty where that fails.
    executor_type get_executor() const noexcept { return executor_; }
    void operator()(error_code ec) {
      slot_.clear();
      timer_.reset();
      std::move(handler_)(ec);
    }

  private:
    executor_type executor_;
    asio::cancellation_slot slot_;
    std::shared_ptr<timer> timer_;
    wait_handler handler_;
  };
};

// A name of its own: clang's type_info of two types in unnamed namespaces compare equal if
// their names do, and Asio finds services by type_info.
class time_service : public asio::execution_context::service {
public:
  using key_type = time_service;
  static inline asio::execution_context::id id;

  explicit time_service(asio::execution_context& context)
      : asio::execution_context::service(context), source(std::make_unique<real_time>()) {}

  std::unique_ptr<time_source> source;

private:
  void shutdown() override {}
};

} // namespace

time_source& time_of(asio::execution_context& context) { return *asio::use_service<time_service>(context).source; }

time_source& time_of(const asio::any_io_executor& executor) {
  return time_of(asio::query(executor, asio::execution::context));
}

void set_time(asio::execution_context& context, std::unique_ptr<time_source> source) {
  asio::use_service<time_service>(context).source = std::move(source);
}

} // namespace weir::inline v0
