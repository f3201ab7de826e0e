// A streamed answer.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/task/attempt.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/event.hpp>

WEIR_BEGIN_NAMESPACE

/// An answer that arrives piece by piece. Owns the connection it comes over and returns it to the pool when the answer
/// is complete; in every other case the connection is closed.
///
///     while (auto event = co_await reply.next()) std::cout << event->text() << std::flush;
///
/// Its deadline is the one of the call that opened it, also after that coroutine has
/// ended; cancelling the scope that opened it ends it.
/// Object lifetimes: may outlive the client, and the execution context, whose destruction ends it as cancelled.
/// Destroying it while next() is awaited ends that wait. One coroutine at a time may await next() or ready(): a second
/// one is refused with errc::invalid_argument, and the first continues. Thread safety: none; the client's strand, as
/// next() checks.
class reply {
public:
  class source;
  class listener;

  /// A reply that has ended as cancelled: what a completion handler of asio::co_spawn() receives along with an
  /// exception.
  reply();
  explicit reply(std::shared_ptr<source> s) noexcept;
  reply(reply&&) noexcept;
  reply& operator=(reply&&) noexcept;
  ~reply();

  /// The next piece; empty after the last one of an answer that is complete, cut by a
  /// length limit or filtered. Pieces that arrived before a failure are delivered first.
  /// Errors, as weir::error, once and for all: truncated, in_band_error, malformed_event,
  /// first_token_timeout, stalled, deadline_exceeded, cancelled, and those of the network.
  /// Cancellation: terminal; ends the reply and closes its connection.
  boost::asio::awaitable<std::optional<event>> next();

  /// Waits until next() would return without waiting; consumes nothing. False if the answer has completed and nothing
  /// is left. Errors and cancellation as next().
  boost::asio::awaitable<bool> ready();

  /// Ends the reply at once and closes its connection. Idempotent.
  void cancel() noexcept;

  /// How the answer ended; final once next() has returned empty or thrown.
  weir::outcome outcome() const noexcept;
  /// Why the outcome is not complete.
  const weir::failure& failure() const noexcept;
  /// The last usage reported so far.
  const weir::usage& usage() const noexcept;
  /// The last finish reason of choice 0, as sent.
  const std::string& finish_reason() const noexcept;
  /// What the provider says about the answer as a whole, so far.
  const answer_info& info() const noexcept;
  /// The attempt that produces this answer, so far.
  const weir::attempt& attempt() const noexcept;

  /// Adds a listener to the reply: see reply::listener.
  void attach(std::unique_ptr<listener> r);
  /// The result of a call that is not streamed, of its task's result type; empty for streams.
  std::any& result() noexcept;
  /// Takes the source out, for a layer that wraps it; the reply is then empty.
  std::shared_ptr<source> release() noexcept { return std::move(source_); }

private:
  std::shared_ptr<source> source_;
};

/// What a policy attaches to a reply: a permit, a reservation, a measurement. It is notified of how the answer goes,
/// and destroyed when the answer has ended, however it ended. One that is destroyed without a call of ended() gives
/// back what it holds and draws no conclusion. Its exceptions, such as std::bad_alloc, are dropped: the answer is worth
/// more than what could be learned from it.
class reply::listener {
public:
  virtual ~listener() = default;
  /// The first token was read; at most once, and never after ended().
  virtual void first_token(const source&) {}
  /// Further tokens were read, at `now`.
  virtual void token(const source&, time_point now) { (void)now; }
  /// The answer has ended: the outcome, the failure and the usage are final. Once.
  virtual void ended(const source&) = 0;
};

/// Where a reply's events come from: the wire, a cache, a test. The functions are reply's.
///
/// An implementation calls tell_first_token() and tell_end() where they happen, and must
/// end when end_by() is called.
class reply::source {
public:
  source() = default;
  source(const source&) = delete;
  source& operator=(const source&) = delete;
  virtual ~source();

  virtual boost::asio::awaitable<std::optional<event>> next() = 0;
  virtual boost::asio::awaitable<bool> ready() = 0;
  /// Ends the reply locally; what was decoded is kept. No effect on one that has ended.
  virtual void end_by(errc reason) noexcept = 0;

  virtual weir::outcome outcome() const noexcept = 0;
  virtual const weir::failure& failure() const noexcept = 0;
  virtual const weir::usage& usage() const noexcept = 0;
  virtual const std::string& finish_reason() const noexcept = 0;
  virtual const answer_info& info() const noexcept = 0;
  virtual const weir::attempt& attempt() const noexcept = 0;
  virtual std::any& result() noexcept { return result_; }

  /// A listener that is attached late is notified at once of what it has missed.
  void attach(std::unique_ptr<listener> r);

protected:
  void tell_first_token() noexcept;
  void tell_token(time_point now) noexcept;
  void tell_end() noexcept;

private:
  std::vector<std::unique_ptr<listener>> listeners_;
  std::any result_;
  bool token_told_ = false;
  bool end_told_ = false;
};

/// A reply that has already ended: what a call that is not streamed returns once its response is complete. next()
/// returns empty; result() holds the result.
class completed_reply final : public reply::source {
public:
  completed_reply(std::any result, weir::outcome o, weir::failure f, weir::usage u,
                  std::shared_ptr<const weir::attempt> record);

  boost::asio::awaitable<std::optional<event>> next() override;
  boost::asio::awaitable<bool> ready() override;
  void end_by(errc) noexcept override {}
  weir::outcome outcome() const noexcept override { return outcome_; }
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return usage_; }
  const std::string& finish_reason() const noexcept override { return finish_reason_; }
  const answer_info& info() const noexcept override { return info_; }
  const weir::attempt& attempt() const noexcept override { return *attempt_; }

  void describe(std::string finish_reason, answer_info info) {
    finish_reason_ = std::move(finish_reason);
    info_ = std::move(info);
  }

private:
  weir::outcome outcome_;
  weir::failure failure_;
  weir::usage usage_;
  std::shared_ptr<const weir::attempt> attempt_;
  std::string finish_reason_;
  answer_info info_;
};

/// Reads a reply to its end. A failure does not throw: the completion holds what arrived,
/// the outcome and the failure.
/// Cancellation: terminal; returns outcome::cancelled with what arrived.
boost::asio::awaitable<completion> collect(reply r);

WEIR_END_NAMESPACE
