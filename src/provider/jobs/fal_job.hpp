// The lifecycle of a job in fal's queue.
#pragma once

#include "provider/jobs/polled_job.hpp"

namespace weir::inline v0::provider {

/// Reads the result of a finished job.
template <class Result>
using fal_reader = Result(const codec::json::value& body);

/// The target of a call to the queue: at other hosts than the queue's own, the query names it.
std::string fal_queue_target(const route& to, std::string target);

/// Tracks where a job in the queue is and its state: the part that does not depend on its result.
class fal_queue {
public:
  explicit fal_queue(const route& to) : query_(query_of(fal_queue_target(to, to.target))) {}

  /// Reads the response to the submission or to a poll.
  void read(const route& to, const codec::json::value& body);
  bool submitted() const noexcept { return !path_.empty(); }
  bool completed() const noexcept { return status_ == "COMPLETED"; }
  /// From the last report.
  progress now(const codec::json::value& body);
  std::string state_target() const { return path_ + "/status" + query_; }
  std::string result_target() const { return path_ + query_; }
  std::string cancel_target() const { return path_ + "/cancel" + query_; }

private:
  std::string query_, path_, id_, status_;
  std::size_t logged_ = 0;
};

template <class Result>
class fal_job final : public polled_job<Result> {
public:
  fal_job(const route& to, fal_reader<Result>* read) : polled_job<Result>(to), queue_(to), read_(read) {}

  std::optional<http::request> cancel() const override {
    if (!queue_.submitted() || queue_.completed())
      return std::nullopt;
    return job_request(this->to_, "PUT", queue_.cancel_target());
  }

private:
  step read(const http::response_head&, const codec::json::value& body) override {
    if (queue_.completed()) {
      this->refuse_error(body);
      this->result_ = read_(body);
      return step::done();
    }
    queue_.read(this->to_, body);
    auto now = queue_.now(body);
    if (!queue_.completed())
      return this->poll(std::chrono::milliseconds(500), queue_.state_target(), std::move(now));
    if (const auto why = codec::string_at(body, "error"); why && !why->empty())
      return this->failed(*why, now.status);
    return this->poll({}, queue_.result_target(), std::move(now)).asks_for_result();
  }

  fal_queue queue_;
  fal_reader<Result>* read_;
};

} // namespace weir::inline v0::provider
