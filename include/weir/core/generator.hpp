// An asynchronous generator whose body may await anything that Asio can.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <weir/core/within.hpp>

WEIR_BEGIN_NAMESPACE

/// A lazily run sequence of values.
///
///     weir::generator<std::string> words(weir::reply reply) {
///       while (auto event = co_await reply.next()) co_yield std::string(event->text());
///     }
///     while (auto word = co_await generator.next()) …
///
/// The body may co_yield, and co_await any asio::awaitable and any deferred Asio operation;
/// `co_await asio::this_coro::executor` gives the consumer's executor. It runs only while
/// next() is awaited, on the consumer's strand.
///
/// Cancellation: terminal, of next(); reaches the operation that the body waits for, which throws there. A generator
/// whose body exited with an exception is finished.
/// Object lifetimes: destroying the generator while its body waits cancels that operation (terminal); the frame is
/// freed once it has completed. Thread safety: none; one strand.
template <class T>
class [[nodiscard]] generator {
public:
  class promise_type;

  generator(generator&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  generator& operator=(generator&& other) noexcept {
    if (this != &other) {
      drop();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~generator() { drop(); }

  /// The next value; empty after the last. At most one next() at a time.
  /// Errors: what the body throws, once; afterwards empty.
  boost::asio::awaitable<std::optional<T>> next() {
    if (!frame_ || frame_.done())
      co_return std::nullopt;
    auto& p = frame_.promise();
    p.executor_ = co_await boost::asio::this_coro::executor;
    p.value_.reset();
    p.waiting_ = false;
    frame_.resume();
    if (p.waiting_)
      co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(park(p),
                                                                                         boost::asio::use_awaitable);
    if (p.error_)
      std::rethrow_exception(std::exchange(p.error_, nullptr));
    co_return std::move(p.value_);
  }

private:
  using handle = std::coroutine_handle<promise_type>;
  using continuation = boost::asio::any_completion_handler<void()>;

  explicit generator(handle h) noexcept : frame_(h) {}

  void drop() noexcept {
    if (!frame_)
      return;
    auto& p = frame_.promise();
    const auto signal = p.signal_;
    const bool waits = p.owners_ > 1 && !p.context_gone_;
    release(std::exchange(frame_, nullptr));
    if (waits)
      signal->emit(boost::asio::cancellation_type::terminal);
  }

  static void release(handle h) noexcept {
    if (--h.promise().owners_ == 0)
      h.destroy();
  }

  /// Keeps the consumer's continuation until the body yields or ends.
  class park {
  public:
    explicit park(promise_type& p) : promise_(&p) {}
    template <class Handler>
    void operator()(Handler&& handler) {
      auto consumer = std::make_unique<continuation>(std::forward<Handler>(handler));
      auto slot = boost::asio::get_associated_cancellation_slot(*consumer);
      if (slot.is_connected())
        slot.assign([weak = std::weak_ptr(promise_->signal_)](boost::asio::cancellation_type type) {
          if (auto signal = weak.lock())
            signal->emit(type);
        });
      promise_->consumer_ = std::move(consumer);
    }

  private:
    promise_type* promise_;
  };

  /// The in-flight operation's share of the frame: resumes the body, or frees the frame if
  /// the generator is gone or the operation will never complete.
  class in_flight {
  public:
    explicit in_flight(handle h) noexcept : frame_(h) { ++h.promise().owners_; }
    in_flight(in_flight&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    in_flight& operator=(in_flight&&) = delete;
    ~in_flight() {
      if (!frame_)
        return;
      // Never called: the context is being destroyed. The consumer's continuation owns the frame that owns the
      // generator, and would keep itself alive from in here.
      auto& p = frame_.promise();
      p.context_gone_ = true;
      const auto consumer = std::exchange(p.consumer_, nullptr);
      release(frame_);
    }

    void operator()(std::exception_ptr) {
      const handle h = std::exchange(frame_, nullptr);
      auto& p = h.promise();
      if (--p.owners_ == 0) {
        h.destroy();
        return;
      }
      if (p.starting_) {
        p.starting_ = false;
        return;
      }
      p.waiting_ = false;
      h.resume();
      if (!p.waiting_)
        p.wake();
    }

  private:
    handle frame_;
  };

  template <class U>
  class body_wait {
  public:
    explicit body_wait(boost::asio::awaitable<U> a)
        : awaitable_(std::move(a)), out_(std::make_shared<detail::result_slot<U>>()) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(handle h) {
      auto& p = h.promise();
      p.starting_ = p.waiting_ = true;
      const auto ex = p.executor_;
      boost::asio::co_spawn(
          ex, detail::run_to_slot<U>(std::move(awaitable_), out_),
          boost::asio::bind_cancellation_slot(p.signal_->slot(), boost::asio::bind_executor(ex, in_flight(h))));
      // It may have completed already, inside co_spawn: then the body continues at once.
      return p.waiting_ = std::exchange(p.starting_, false);
    }
    U await_resume() {
      if (out_->error)
        std::rethrow_exception(out_->error);
      if constexpr (!std::is_void_v<U>)
        return std::move(*out_->value);
    }

  private:
    boost::asio::awaitable<U> awaitable_;
    std::shared_ptr<detail::result_slot<U>> out_;
  };

  handle frame_;
};

template <class T>
class generator<T>::promise_type {
public:
  generator get_return_object() { return generator(handle::from_promise(*this)); }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  std::suspend_always final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  std::suspend_always yield_value(T v) {
    value_.emplace(std::move(v));
    return {};
  }

  template <class U>
  body_wait<U> await_transform(boost::asio::awaitable<U> a) {
    return body_wait<U>(std::move(a));
  }
  /// Deferred operations: anything that takes a completion token.
  template <class Operation>
    requires requires(Operation&& op) { std::forward<Operation>(op)(boost::asio::use_awaitable); }
  auto await_transform(Operation&& op) {
    return await_transform(std::forward<Operation>(op)(boost::asio::use_awaitable));
  }
  auto await_transform(boost::asio::this_coro::executor_t) noexcept {
    struct ready : std::suspend_never {
      boost::asio::any_io_executor ex;
      boost::asio::any_io_executor await_resume() noexcept { return std::move(ex); }
    };
    ready r;
    r.ex = executor_;
    return r;
  }

private:
  friend class generator;
  friend class in_flight;

  void wake() {
    auto handler = std::move(*std::exchange(consumer_, nullptr));
    boost::asio::get_associated_cancellation_slot(handler).clear();
    std::move(handler)();
  }

  boost::asio::any_io_executor executor_;
  std::optional<T> value_;
  std::exception_ptr error_;
  std::shared_ptr<boost::asio::cancellation_signal> signal_ = std::make_shared<boost::asio::cancellation_signal>();
  std::unique_ptr<continuation> consumer_; // owned here only while next() waits
  int owners_ = 1;
  bool waiting_ = false;  // for an operation; false means that it yielded or ended
  bool starting_ = false; // inside await_suspend
  bool context_gone_ = false;
};

WEIR_END_NAMESPACE
