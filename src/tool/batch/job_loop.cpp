#include "tool/batch/job_loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <unistd.h>

#include <memory>
#include <utility>

#include "tool/output/status_line.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

constexpr auto redraw = std::chrono::milliseconds(250);

} // namespace

job_end run_job_loop(asio::io_context& io, asio::awaitable<batch_report> job, asio::cancellation_signal& cancel,
                     const std::function<void()>& obey, const std::function<void()>& tick) {
  job_end out;
  // What waits here may be in the context's queue, and no longer be cancelled, when this has returned.
  const auto ended = std::make_shared<bool>(false);
  const std::unique_ptr<bool, void (*)(bool*)> leaving(ended.get(), [](bool* e) { *e = true; });
  asio::steady_timer timer(io);
  asio::posix::stream_descriptor signalled(io, ::dup(signals::descriptor()));
  asio::co_spawn(io, std::move(job),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, batch_report r) {
                   out.failed = e;
                   out.report = std::move(r);
                   *ended = true;
                   timer.cancel();
                   signalled.close();
                   io.stop();
                 }));
  const std::function<void()> wait_for_signal = [&] {
    signalled.async_wait(asio::posix::stream_descriptor::wait_read, [&, ended](error_code ec) {
      if (ec || *ended)
        return;
      signals::drain_descriptor();
      obey();
      wait_for_signal();
    });
  };
  const std::function<void()> wait_for_time = [&] {
    timer.expires_after(redraw);
    timer.async_wait([&, ended](error_code ec) {
      if (ec || *ended)
        return;
      tick();
      wait_for_time();
    });
  };
  obey();
  wait_for_signal();
  wait_for_time();
  io.restart();
  // Not one handler after the other: what Asio allocates for them is kept as long as run() lasts.
  while (!*ended)
    io.run();
  io.restart();
  return out;
}

batch_input_check check_input(batch_input in, std::function<bool(const batch_item&)> counts, bool quiet) {
  asio::io_context io(1);
  asio::cancellation_signal stop;
  asio::posix::stream_descriptor signalled(io, ::dup(signals::descriptor()));
  signalled.async_wait(asio::posix::stream_descriptor::wait_read, [&](error_code ec) {
    if (!ec)
      stop.emit(asio::cancellation_type::terminal);
  });
  batch_input_check found;
  std::exception_ptr failed;
  asio::co_spawn(io, check_batch_input(std::move(in), std::move(counts)),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, batch_input_check c) {
                   failed = e;
                   found = std::move(c);
                   signalled.close();
                 }));
  status_line line(!quiet);
  line.begin();
  line.show("Reading the input");
  io.run();
  line.end();
  if (failed)
    std::rethrow_exception(failed);
  return found;
}

} // namespace weir::inline v0::cli
