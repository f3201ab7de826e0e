// The loop of a conversation with tools: the model asks, the tools answer, until the model has its answer.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <string>

#include <weir/client/client.hpp>
#include <weir/client/tool_set.hpp>
#include <weir/core/time.hpp>
#include <weir/task/chat.hpp>
#include <weir/task/completion.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// What happens in the loop, for those who watch it.
struct tool_step {
  tool_step() = default;
  enum class kind : unsigned char {
    request, ///< The conversation is about to be sent.
    answer,  ///< The model has answered: with text, with calls, or both.
    call,    ///< A tool is about to run.
    result,  ///< A tool has ended: with a result, or with a failure.
  };
  kind at = kind::request;
  unsigned round = 1;
  weir::completion answer; ///< Of an answer.
  tool_call call;          ///< Of a call and a result.
  std::string result;      ///< What the model is told.
  weir::failure failure;   ///< Why the tool failed.
  duration took{};         ///< Of an answer and a result.
};

/// How the loop goes. What is not set is sensible for a person who waits.
class tool_loop {
public:
  /// What becomes of a tool that throws, takes too long, or is called with arguments that do not fit.
  enum class on_error : unsigned char {
    tell_model, ///< The model is told, and may try again or do without.
    stop,       ///< The loop ends with errc::tool_failed. Wrong arguments and names are told to the model all the same.
  };

  tool_loop() = default;

  /// How often the model is called, at most. Default: 16.
  WEIR_VALUE(tool_loop, unsigned, rounds)
  /// How many tools of one answer run at a time. Default: 8.
  WEIR_VALUE(tool_loop, std::size_t, parallel)
  /// For one run of a tool; zero: no limit. Default: 1 minute.
  WEIR_VALUE(tool_loop, duration, tool_timeout)
  /// For everything together; zero: only the ambient deadline. Each call also has its own, as options::deadline().
  WEIR_VALUE(tool_loop, duration, deadline)
  /// The largest result of a tool, in bytes; a larger one is a failure. Default: 1 MiB.
  WEIR_VALUE(tool_loop, std::size_t, max_result)
  /// Default: tell_model.
  WEIR_SETTER(tool_loop, on_error, errors, errors_ = v)
  on_error errors() const noexcept { return errors_; }
  /// Is told of every step, on the client's strand. An exception ends the loop.
  WEIR_FIELD(tool_loop, std::function<void(const tool_step&)>, observe)
  /// Is given every event of the answers, which are then streamed.
  WEIR_FIELD(tool_loop, std::function<void(const event&)>, on_event)

private:
  unsigned rounds_ = 16;
  std::size_t parallel_ = 8;
  duration tool_timeout_ = std::chrono::minutes(1);
  duration deadline_{};
  std::size_t max_result_ = std::size_t{1} << 20;
  on_error errors_ = on_error::tell_model;
  std::function<void(const tool_step&)> observe_;
  std::function<void(const event&)> on_event_;
};

/// How a conversation with tools ended, with everything that was said, whatever the end.
class tool_run {
public:
  tool_run() = default;

  /// The last answer. \throws weir::error the failure, if the loop ended with one.
  const completion& answer() const;
  /// Its text. \throws weir::error as answer().
  const std::string& text() const { return answer().text(); }

  /// The chat with all calls, results and answers: to go on with.
  weir::chat conversation;
  /// The last answer, also where it is not complete or still has calls.
  completion last;
  unsigned rounds = 0;
  /// Of all answers together; absent counts are those that no answer had.
  weir::usage usage;
  /// Why the loop ended without an answer: errc::too_many_rounds, errc::tool_failed, errc::deadline_exceeded, or what a
  /// call failed with.
  weir::failure failure;
};

/// Sends a chat with the tools, runs those that the model calls, those of one answer side by side, tells it their
/// results, and so on until an answer has no calls.
///
///     auto done = co_await weir::run_tools(client, weir::chat(model).user("What is the weather in Paris?"), tools);
///     std::cout << done.text();
///
/// Errors: none is thrown for what happens in the loop: tool_run::failure has it, beside what was said and paid for
/// until then. Cancellation: terminal; tools that run are cancelled and waited for, and what was said is lost.
/// Object lifetimes: client and tools must outlive the wait. Thread safety: the client's strand.
boost::asio::awaitable<tool_run> run_tools(client& c, weir::chat ask, const tool_set& tools,
                                           tool_loop how = tool_loop());

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
