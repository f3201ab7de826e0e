// The lifecycle of a task's call: from the response to its request, through polls if there are any, to the result.
// Pure: the client sends, waits and downloads.
#pragma once

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/task/media.hpp>
#include <weir/task/progress.hpp>
#include <weir/task/usage.hpp>

#include "http/message/types.hpp"
#include "provider/answer/units.hpp"

namespace weir::inline v0::provider {

/// What the client does next.
class step {
public:
  enum class kind {
    done,   ///< The result is complete, except for media still to be fetched.
    again,  ///< Send `next` after `wait`, and report `now`.
    failed, ///< The job failed: `why`.
  };

  static step done() { return step(kind::done); }
  static step again(duration wait, http::request next, progress now) {
    step s(kind::again);
    s.wait = wait;
    s.next = std::move(next);
    s.now = std::move(now);
    return s;
  }
  static step failed(failure why) {
    step s(kind::failed);
    s.why = std::move(why);
    return s;
  }
  /// `next` requests the result, not the state: if it is refused, the job has failed, not the poll.
  step asks_for_result() && {
    result = true;
    return std::move(*this);
  }

  kind what;
  bool result = false;
  duration wait{};
  http::request next;
  progress now;
  failure why;

private:
  explicit step(kind k) : what(k) {}
};

/// One call of a task.
class job_protocol {
public:
  virtual ~job_protocol() = default;
  /// Reads the response (2xx) to the last request: encode_task()'s at first, then step::next. Never throws because of
  /// what the server sent: unreadable content is step::failed(errc::unexpected_content).
  virtual step on_answer(const http::response_head& head, std::string body) = 0;
  /// The request that cancels the job at the provider; nothing if that is impossible or unnecessary.
  virtual std::optional<http::request> cancel() const { return std::nullopt; }
  /// After done: the media in the result. Those with a URL and no bytes must be fetched; the pointers are valid until
  /// take().
  virtual std::vector<media*> parts() { return {}; }
  /// After done: the result, in the task's result type. Call once.
  virtual std::any take() = 0;
  /// The provider's usage counts, if it reports any.
  virtual usage used() const { return {}; }
};

/// A job whose first response is the result.
template <class Result>
class whole_answer : public job_protocol {
public:
  /// Reads the result; what it throws is the failure.
  using reader = Result(const http::response_head& head, std::string body);
  using finder = std::vector<media*>(Result&);
  explicit whole_answer(reader* read, finder* find = nullptr) : read_(read), find_(find) {}

  step on_answer(const http::response_head& head, std::string body) override {
    try {
      result_ = read_(head, std::move(body));
    } catch (const error& e) {
      return step::failed(e.failure());
    }
    return step::done();
  }
  std::vector<media*> parts() override { return find_ ? find_(result_) : std::vector<media*>(); }
  std::any take() override { return std::any(std::move(result_)); }
  usage used() const override { return usage_of(result_); }

private:
  reader* read_;
  finder* find_;
  Result result_;
};

} // namespace weir::inline v0::provider
