// A job that is running at the provider.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/executor.hpp>
#include <weir/task/reply.hpp>
#include <weir/task/request.hpp>

#include "client/call/source_state.hpp"
#include "client/files/sink.hpp"
#include "client/transport/download.hpp"
#include "client/transport/transport.hpp"
#include "provider/jobs/job.hpp"

namespace weir::inline v0 {

/// The reply of a task whose first answer is not all: polls, downloads, saves. Its events are progress.
/// Ended from this side before the provider is done, it cancels the job there.
///
/// Polls and downloads that fail for a passing reason are repeated here, a few times: a retry of the
/// whole call would begin, and pay for, another job.
class job_source final : public source_state {
  class key {};

public:
  /// Makes one that ends with its scope.
  static std::shared_ptr<job_source> start(std::shared_ptr<transport> via, std::shared_ptr<scope> in,
                                           provider::route_ptr to, std::shared_ptr<const task_request> ask,
                                           std::unique_ptr<provider::job_protocol> job, provider::step first,
                                           destination out, std::shared_ptr<weir::attempt> record, time_point begin);
  job_source(key, std::shared_ptr<transport> via, std::shared_ptr<scope> in, provider::route_ptr to,
             std::shared_ptr<const task_request> ask, std::unique_ptr<provider::job_protocol> job, provider::step first,
             destination out, std::shared_ptr<weir::attempt> record, time_point begin);

  boost::asio::awaitable<std::optional<event>> next() override;
  boost::asio::awaitable<bool> ready() override;
  void end_by(errc reason) noexcept override;

private:
  class taking;

  boost::asio::awaitable<std::optional<event>> run(std::shared_ptr<source_state> self);
  boost::asio::awaitable<void> poll();
  boost::asio::awaitable<void> poll_once();
  boost::asio::awaitable<std::optional<event>> fetch_parts();
  boost::asio::awaitable<void> fetch_piece(media& m);
  event report(progress now);
  boost::asio::awaitable<void> store(media& m);
  bool is_left(const media& m) const { return m.bytes.empty() && !m.url.empty() && !ask_->keeps_urls(); }
  void fail(const std::exception_ptr& why);
  void finish(weir::outcome o, weir::failure f);
  void cancel_job_now() noexcept;

  std::shared_ptr<transport> via_;
  std::shared_ptr<scope> work_; // what next() runs in
  provider::route_ptr to_;
  std::shared_ptr<const task_request> ask_;
  std::unique_ptr<provider::job_protocol> job_;
  provider::step step_;
  destination out_;
  std::string job_id_;
  bool submitted_told_ = false;
  bool running_ = false; // the job is gone on with, for it
  bool done_ = false;    // at the provider
  bool job_cancelled_ = false;
  std::optional<event> peeked_;
  std::vector<media*> parts_;
  std::size_t part_ = 0;
  unsigned tries_ = 0;
  time_point last_report_{};
  std::unique_ptr<download> download_;
  std::unique_ptr<sink> sink_;
};

/// Whether all of a finished job's result is there, and nothing is to be saved.
bool is_whole(provider::job_protocol& job, const task_request& ask);

} // namespace weir::inline v0
