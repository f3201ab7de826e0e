// A client for synchronous programs.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <any>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/client/client.hpp>

WEIR_BEGIN_NAMESPACE

namespace detail {

/// A thread that runs a client, with everything that belongs to it. Thread safety: safe.
class blocking_thread {
public:
  explicit blocking_thread(options o);
  blocking_thread(const blocking_thread&) = delete;
  blocking_thread& operator=(const blocking_thread&) = delete;
  ~blocking_thread();

  /// Runs `body` on the thread and waits for it. Throws what it throws.
  void wait(std::function<boost::asio::awaitable<void>(client&)> body);
  /// Destroys a reply on the thread.
  void destroy(std::unique_ptr<reply> r) noexcept;

private:
  class state;
  std::unique_ptr<state> state_;
};

template <class T>
boost::asio::awaitable<void> keep(boost::asio::awaitable<T> running, std::optional<T>& out) {
  out.emplace(co_await std::move(running));
}

} // namespace detail

/// A streamed answer that any thread may read: weir::reply with blocking functions.
///
///     for (auto& event : client.stream(weir::chat("openai/gpt-oss-120b").user("Hello")))
///       std::cout << event.text() << std::flush;
///
/// Errors, and the state of the answer after them: as weir::reply. Destroying it closes its connection.
/// Object lifetimes: may outlive its client. Thread safety: none.
class blocking_reply {
public:
  blocking_reply(std::shared_ptr<detail::blocking_thread> thread, std::unique_ptr<reply> r) noexcept;
  blocking_reply(blocking_reply&&) noexcept = default;
  blocking_reply& operator=(blocking_reply&& other) noexcept;
  ~blocking_reply();

  /// The next piece; empty after the last one. \throws weir::error as reply::next().
  std::optional<event> next();
  /// Reads to the end. A failure does not throw: see weir::collect().
  completion collect() &&;
  /// Ends the reply at once and closes its connection. Idempotent.
  void cancel();

  weir::outcome outcome() const;
  weir::failure failure() const;
  weir::usage usage() const;
  std::string finish_reason() const;
  answer_info info() const;
  weir::attempt attempt() const;
  /// Takes the result of a call that was not streamed, once next() has returned empty.
  std::any result();

  /// An input iterator over the pieces; incrementing it throws as next().
  class iterator {
  public:
    using iterator_concept = std::input_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = event;

    iterator() = default;
    explicit iterator(blocking_reply& r) : reply_(&r) { ++*this; }
    event& operator*() const noexcept { return *event_; }
    event* operator->() const noexcept { return &*event_; }
    iterator& operator++() {
      event_ = reply_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept { return !i.event_; }

  private:
    blocking_reply* reply_ = nullptr;
    mutable std::optional<event> event_;
  };
  iterator begin() { return iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

private:
  template <class T>
  T read(std::function<T(reply&)> what) const;
  void drop() noexcept;

  std::shared_ptr<detail::blocking_thread> thread_;
  std::unique_ptr<reply> reply_;
};

/// A long-running task that any thread may watch: weir::job with blocking functions. Destroying it before the result
/// has arrived cancels the task at the provider where possible.
template <class Result>
class blocking_job {
public:
  explicit blocking_job(blocking_reply r) : reply_(std::move(r)) {}

  /// The next report; empty once the result has arrived. \throws weir::error as job::next().
  std::optional<progress> next() {
    auto e = reply_.next();
    if (!e)
      return std::nullopt;
    const auto* p = e->progress();
    return p ? *p : progress();
  }
  /// Waits for the result and takes it; a second call throws errc::cancelled.
  Result result() {
    while (reply_.next()) {
    }
    auto any = reply_.result();
    if (!any.has_value())
      throw error(errc::cancelled, "this job has no result: it was cancelled, or the result was already taken");
    return std::any_cast<Result>(std::move(any));
  }
  /// Cancels the task. Idempotent.
  void cancel() { reply_.cancel(); }
  /// What happened on the wire, and what it cost.
  const blocking_reply& details() const noexcept { return reply_; }

private:
  blocking_reply reply_;
};

/// weir::client without coroutines: the same functions, blocking. Runs a client on a thread of its own, which is idle
/// between calls.
///
///     weir::blocking_client client;
///     std::cout << client.chat(weir::chat("openai/gpt-oss-120b").user("Hello")).text() << '\n';
///
/// Errors: as weir::client, and errc::wrong_executor for a call on the client's own thread (from an observer or a
/// callback), which would deadlock. Deadlines: options::deadline(), or within() inside wait_for().
/// Cancellation: none from outside; limit calls by a deadline, or use weir::client.
/// Object lifetimes: must outlive running calls; replies and jobs may outlive it. Thread safety: safe; calls from
/// several threads run concurrently.
class blocking_client {
public:
  /// \throws weir::error errc::invalid_configuration, or errc::out_of_resources if no thread can be started.
  explicit blocking_client(options o = from_environment());

  /// Runs any request and returns its result.
  template <class Request>
  typename Request::result_type run(Request request) {
    return wait_for<typename Request::result_type>([&request](client& c) { return c.run(std::move(request)); });
  }
  /// run() for the most common request.
  completion chat(weir::chat request) { return run(std::move(request)); }

  /// Opens a stream; returns when its first event has arrived.
  blocking_reply stream(weir::chat request);
  blocking_reply stream(weir::text_generation request);

  /// Submits a long-running request and returns once the provider has accepted it.
  template <class Request>
  blocking_job<typename Request::result_type> submit(Request request) {
    using result_type = typename Request::result_type;
    return blocking_job<result_type>(
        open([&request](client& c) { return detail::reply_of<result_type>(c.submit(std::move(request))); }));
  }
  /// submit() as a reply: its events are progress, and result() holds the result after the last one.
  blocking_reply submit_any(task_request request);

  /// The models that can be called and the providers that serve them, as client::models().
  std::vector<model_info> models(model_query q = model_query());

  /// Runs anything else on the client's thread and returns its value:
  ///
  ///     auto answer = client.wait_for<weir::completion>(
  ///         [&](weir::client& c) { return weir::within(30s, c.chat(question)); });
  template <class T>
  T wait_for(std::function<boost::asio::awaitable<T>(client&)> body) {
    std::optional<T> out;
    thread_->wait([&](client& c) { return detail::keep<T>(body(c), out); });
    return std::move(*out);
  }

private:
  blocking_reply open(const std::function<boost::asio::awaitable<reply>(client&)>& opening);

  std::shared_ptr<detail::blocking_thread> thread_;
};

WEIR_END_NAMESPACE
