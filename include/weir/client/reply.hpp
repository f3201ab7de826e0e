// A streamed answer.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/net/stream.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/event.hpp>
#include <weir/task/text_generation.hpp>

namespace weir {

/// What happened to one attempt at a call, in times since it began; zero where a step
/// did not happen.
class attempt {
public:
  attempt() = default;
  std::string provider;
  std::string model;
  std::string url;
  net::connect_times connection; ///< How long each step of connecting took.
  duration sent{}; ///< When sending the request began.
  duration first_byte{};
  duration first_token{};
  duration ended{};
  int status = 0;
  std::size_t bytes = 0; ///< Of the body.
  std::size_t events = 0;
  /// A pooled connection took the whole request and was lost without an answer, so that it was
  /// sent again: the provider may have worked, and charged, twice.
  bool maybe_billed = false;
  weir::failure failure;
};

/// An answer that arrives piece by piece. Owns the connection it comes over and gives it
/// back when the answer is whole; in every other case the connection is closed.
///
///     while (auto event = co_await reply.next()) std::cout << event->text() << std::flush;
///
/// Its deadline is the one of the call that opened it, also after that coroutine has
/// ended; cancelling the scope that opened it ends it.
/// Object lifetimes: may outlive the client. Destroying it while next() is awaited ends that
/// wait. Thread safety: none; the client's strand.
class reply {
public:
  reply(reply&&) noexcept;
  reply& operator=(reply&&) noexcept;
  ~reply();

  /// The next piece; empty after the last one of an answer that is complete, cut by a
  /// length limit or filtered. Pieces that arrived before a failure are given first.
  /// Errors, as weir::error, once and for all: truncated, in_band_error, malformed_event,
  /// first_token_timeout, stalled, deadline_exceeded, cancelled, and those of the network.
  /// Cancellation: terminal; ends the reply and closes its connection.
  boost::asio::awaitable<std::optional<event>> next();

  /// Ends the reply at once and closes its connection. Idempotent.
  void cancel() noexcept;

  /// How the answer stands; final once next() gave nothing or threw.
  weir::outcome outcome() const noexcept;
  /// Why the outcome is not complete.
  const weir::failure& failure() const noexcept;
  /// The last usage reported so far.
  const weir::usage& usage() const noexcept;
  /// The last finish reason of choice 0, as sent.
  const std::string& finish_reason() const noexcept;
  const answer_info& info() const noexcept;
  /// What the attempt that gives this answer did, so far.
  const weir::attempt& attempt() const noexcept;

  class state;
  explicit reply(std::shared_ptr<state> s) noexcept;

private:
  std::shared_ptr<state> state_;
};

/// Reads a reply to its end. A failure does not throw: the completion holds what arrived,
/// the outcome and the failure.
/// Cancellation: terminal; gives outcome::cancelled with what arrived.
boost::asio::awaitable<completion> collect(reply r);

} // namespace weir
