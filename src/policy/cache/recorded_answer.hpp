// An answer as a cache keeps it.
#pragma once

#include <any>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/task/attempt.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/event.hpp>
#include <weir/task/usage.hpp>

namespace weir::inline v0 {

/// An event, and how long after the one before it (the first one: after the call began) it came.
class recorded_event {
public:
  recorded_event() = default;
  recorded_event(event e, duration gap) : what(std::move(e)), gap(gap) {}
  event what;
  duration gap{};
};

/// A complete answer: the events of a stream, or the result of a call that was not streamed.
/// Thread safety: immutable once it is shared.
class recorded_answer {
public:
  recorded_answer() = default;

  std::string operation; ///< operation::name()
  std::string provider;  ///< That answered, as its attempt has it.
  std::string model;
  std::string url;
  std::chrono::system_clock::time_point written{};
  bool streamed = true;
  std::vector<recorded_event> events; ///< Of a stream.
  std::any result;                    ///< A completion, generation or embeddings, without its attempt.
  std::string raw;                    ///< attempt::raw
  weir::usage usage;
  std::string finish_reason;
  answer_info info;
  std::size_t bytes = 0; ///< Of memory, about: see size_of().
};

/// About how much memory an event takes.
std::size_t size_of(const event& e) noexcept;
/// About how much memory an answer takes, without its key.
std::size_t size_of(const recorded_answer& a) noexcept;

/// The events from which completion::add() makes the same choices and usage again.
std::vector<event> events_of(const completion& c);
/// What collect() makes of the answer's events.
completion completion_of(const recorded_answer& a);

/// Sets the attempt of a result that has one: a completion's, a generation's.
void set_attempt(std::any& result, std::shared_ptr<const attempt> of);

/// Whether nothing was answered: no text, call, medium or number.
bool is_empty(const recorded_answer& a) noexcept;

} // namespace weir::inline v0
