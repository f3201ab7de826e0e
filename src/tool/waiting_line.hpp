// Says on a terminal what a call is waiting for.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>

#include <weir/policy/observe/observe.hpp>

#include "tool/output/status_line.hpp"

namespace weir::inline v0::cli {

/// What a call is waiting for, `since` it began: a connection, the next try after a failure, the first token.
std::string waiting_for(const call_record& call, duration since);

/// Keeps a status line up to date from the beginning of a call until something is printed or the call has ended. A call
/// that is answered at once shows none. Without a terminal, `verbose` prints a line now and then while an endpoint
/// starts. Thread safety: none; the thread of `io`, which outlives it.
class waiting_line final : public observer {
public:
  waiting_line(boost::asio::io_context& io, std::shared_ptr<status_line> line, bool verbose);

  void call_begun(const call_record& call) noexcept override;
  void endpoint_starting(const call_record&, const attempt&, duration waited) noexcept override;
  void endpoint_awaited(const call_record&, const attempt&) noexcept override;
  void call_ended(const call_record&) noexcept override;

private:
  using clock = std::chrono::steady_clock;

  void tick_after(clock::duration wait);

  std::shared_ptr<status_line> line_;
  bool verbose_;
  bool starting_ = false;
  boost::asio::steady_timer timer_;
  clock::time_point begun_;
  const call_record* call_ = nullptr; // lives until call_ended()
};

} // namespace weir::inline v0::cli
