// The seam between policies: a call goes down, a reply comes back.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/scope.hpp>
#include <weir/core/time.hpp>
#include <weir/policy/observe/call_record.hpp>
#include <weir/policy/target_health.hpp>
#include <weir/task/chat.hpp>
#include <weir/task/reply.hpp>
#include <weir/task/target.hpp>

WEIR_BEGIN_NAMESPACE

/// An estimate of the tokens that a call may cost.
struct token_estimate {
  token_estimate() = default;
  std::uint64_t prompt = 0;
  std::uint64_t completion = 0; ///< An upper bound: what max_tokens allows, or a guess.
  std::uint64_t total() const noexcept { return prompt + completion; }
};

/// A request of any task, as far as policies see it.
/// Thread safety: immutable.
class operation {
public:
  virtual ~operation() = default;
  /// The OpenTelemetry name of the operation: `chat`, `text_completion`, …
  virtual std::string_view name() const noexcept = 0;
  virtual token_estimate tokens() const = 0;
  /// What its request wants apart from the client's options.
  virtual const call_options& options() const noexcept;
  /// What its request sets, for the call's record.
  virtual request_settings settings() const { return {}; }
  /// The chat, if it is one.
  virtual const weir::chat* as_chat() const noexcept { return nullptr; }
  /// The operation that resumes an answer of which `so_far` has arrived, at target `at`, by assistant prefill; nullptr
  /// if the task, the request or the target does not allow it.
  virtual std::shared_ptr<const operation> continued(std::string_view so_far, const target& at) const {
    (void)so_far, (void)at;
    return nullptr;
  }
};

/// One call on its way down. A layer that calls more than once passes copies, each with its own target.
/// Object lifetimes: must live until the handler's awaitable has ended.
struct call {
  call(std::shared_ptr<const operation> op, target to, std::shared_ptr<scope> reply_scope, time_point begun)
      : op(std::move(op)), to(std::move(to)), reply_scope(std::move(reply_scope)), begun(begun) {}

  std::shared_ptr<const operation> op;
  target to;
  /// Where replies live: the scope with the call's own deadline. A layer that limits a part of
  /// the call narrows the ambient deadline, not this one, which a reply keeps.
  std::shared_ptr<scope> reply_scope;
  time_point begun;
  bool streamed = true;
  /// Runs alongside another copy of the same call: its attempts are marked so.
  bool hedge = false;
  /// Resumes an answer that broke off: its attempts are marked so.
  bool continuation = false;
  weir::priority priority = weir::priority::interactive;
  /// How long the server may hold the request while it starts.
  std::optional<duration> hold;
  /// Other targets are left if this one fails, so the call does not wait for an open circuit here.
  bool elsewhere = false;
  /// The health of the last try's target; null unless the call may wait for it.
  std::shared_ptr<target_health> health;
  /// The last try was throttled, and the gate lets the next one through when the target can take it …
  bool paced = false;
  /// … and has seen it serve others meanwhile.
  bool served_others = false;
  /// Called when the head of a 2xx response that is not streamed has arrived; may be empty.
  std::function<void()> on_head;
  /// Of the call; never null inside a client.
  std::shared_ptr<call_record> record = std::make_shared<call_record>();
  /// Of the current try; null until a layer or the innermost handler begins one.
  std::shared_ptr<weir::attempt> attempt;
};

/// Adds an attempt to the call's record and makes it the call's current one.
void begin_attempt(call& c, time_point now);

/// A policy, or the innermost handler, which sends the request.
///
/// The awaitable returns a reply whose events can be read, or throws weir::error.
/// Cancellation: terminal at every point; nothing is left behind.
/// Thread safety: one client's strand, unless it says otherwise.
class handler {
public:
  virtual ~handler() = default;
  virtual boost::asio::awaitable<reply> operator()(call& c) = 0;
};

using handler_ptr = std::shared_ptr<handler>;
/// Wraps a handler in another one. A layer that has nothing to do returns the handler it was given.
using layer = std::function<handler_ptr(handler_ptr)>;

/// Wraps a handler in layers, given outermost first.
handler_ptr stack_layers(const std::vector<layer>& layers, handler_ptr innermost);

WEIR_END_NAMESPACE
