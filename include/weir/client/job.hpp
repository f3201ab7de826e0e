// A task that runs as a job at the provider.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <any>
#include <optional>
#include <utility>

#include <weir/task/progress.hpp>
#include <weir/task/reply.hpp>

WEIR_BEGIN_NAMESPACE

/// A long-running task: its progress, then its result.
///
///     auto job = co_await client.submit(weir::text_to_video("tencent/HunyuanVideo").prompt("A weir"));
///     while (auto progress = co_await job.next()) std::cout << name_of(progress->at) << '\n';
///     auto video = co_await job.result();
///
/// The job is polled only while next() or result() is awaited. Its deadline is that of the call that submitted it.
/// Destroying it before the result has arrived cancels the job at the provider where possible.
/// Object lifetimes and thread safety: those of reply.
template <class Result>
class job {
public:
  /// A job that has ended as cancelled; it has no result.
  job() = default;
  explicit job(reply r) : reply_(std::move(r)) {}

  /// The next report; empty once the result has arrived. Errors and cancellation as client::run().
  boost::asio::awaitable<std::optional<progress>> next() {
    auto e = co_await reply_.next();
    if (!e)
      co_return std::nullopt;
    const auto* p = e->progress();
    co_return p ? *p : progress();
  }
  /// Waits for the result and takes it; a second call throws errc::cancelled. Errors and cancellation as client::run().
  boost::asio::awaitable<Result> result() {
    for (;;) {
      const auto e = co_await reply_.next();
      if (!e)
        break;
    }
    if (!reply_.result().has_value())
      throw error(
          reply_.failure()
              ? reply_.failure()
              : failure(errc::cancelled, "this job has no result: it was cancelled, or the result was already taken"));
    co_return std::any_cast<Result>(std::exchange(reply_.result(), std::any()));
  }
  /// Cancels the job. Idempotent.
  void cancel() noexcept { reply_.cancel(); }

  /// What happened on the wire, and what it cost.
  const reply& details() const noexcept { return reply_; }
  /// Takes out the reply, whose events are progress; the job is then empty.
  reply release() && noexcept { return std::move(reply_); }

private:
  reply reply_;
};

namespace detail {

template <class Result>
boost::asio::awaitable<Result> result_as(boost::asio::awaitable<std::any> running) {
  auto any = co_await std::move(running);
  co_return std::any_cast<Result>(std::move(any));
}

template <class Result>
boost::asio::awaitable<job<Result>> job_as(boost::asio::awaitable<reply> beginning) {
  auto r = co_await std::move(beginning);
  co_return job<Result>(std::move(r));
}

template <class Result>
boost::asio::awaitable<reply> reply_of(boost::asio::awaitable<job<Result>> beginning) {
  auto j = co_await std::move(beginning);
  co_return std::move(j).release();
}

} // namespace detail

WEIR_END_NAMESPACE
