#include "tool/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "tool/exit_code.hpp"

namespace weir::cli {

namespace asio = boost::asio;

namespace {

constexpr auto calling_off = std::chrono::seconds(2);

// Only inside a catch block.
failure current_failure() {
  try {
    throw;
  } catch (const error& e) {
    return e.failure();
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted ? failure(errc::cancelled, "cancelled")
                                                      : failure(e.code(), e.what());
  } catch (const std::exception& e) {
    return failure(boost::system::errc::make_error_code(boost::system::errc::state_not_recoverable),
                   fmt::format("internal error: {}", e.what()));
  }
}

// A line on stderr while an endpoint wakes up.
class waking_line final : public observer {
public:
  waking_line(bool terminal, bool verbose) : terminal_(terminal), verbose_(verbose) {}

  void endpoint_waking(const call_record&, const attempt&, duration waited) noexcept override {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(waited).count();
    constexpr int seldom = 15;
    if (terminal_)
      std::fprintf(stderr, "\r\x1b[Kthe endpoint is waking up (%lld s) …", static_cast<long long>(seconds));
    else if (verbose_ && seconds % seldom == 0)
      std::fprintf(stderr, "the endpoint is waking up (%lld s) …\n", static_cast<long long>(seconds));
    shown_ = true;
  }
  void endpoint_awaited(const call_record&, const attempt&) noexcept override {
    if (terminal_ && shown_)
      std::fputs("\r\x1b[K", stderr);
    shown_ = false;
  }

private:
  bool terminal_, verbose_;
  bool shown_ = false;
};

} // namespace

int report(const failure& f) {
  auto line = f.code() == errc::cancelled ? std::string("interrupted") : f.describe();
  std::replace(line.begin(), line.end(), '\n', ' ');
  fmt::print(stderr, "weir: {}\n", line);
  return code_of(f);
}

int report(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (...) {
    return report(current_failure());
  }
}

asio::awaitable<int> show(asio::awaitable<reply> opening, const last_call& last, printer out) {
  std::optional<reply> answer;
  failure failed;
  try {
    answer.emplace(co_await std::move(opening));
    while (auto event = co_await answer->next())
      out.on_event(*event);
  } catch (...) {
    failed = current_failure();
  }
  if (!answer) {
    out.on_failure(last.record());
    co_return report(failed);
  }
  answer->cancel();
  out.on_end(last.record());
  if (answer->failure())
    report(answer->failure());
  co_return code_of(answer->outcome(), answer->failure());
}

asio::awaitable<int> show_whole(asio::awaitable<completion> call, const last_call& last, printer out) {
  completion answer;
  failure failed;
  try {
    answer = co_await std::move(call);
  } catch (...) {
    failed = current_failure();
  }
  if (failed) {
    out.on_failure(last.record());
    co_return report(failed);
  }
  out.on_completion(answer, last.record());
  if (answer.failure)
    report(answer.failure);
  co_return code_of(answer.outcome, answer.failure);
}

int run_session(const common_options& given, std::function<asio::awaitable<int>(client&, const last_call&)> body) {
  asio::io_context io(1);
  asio::cancellation_signal stop;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](error_code ec, int) {
    if (ec)
      return;
    signals.clear();
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    stop.emit(asio::cancellation_type::terminal);
  });

  int code = 0;
  std::exception_ptr failed;
  try {
    if (given.verbose)
      for (const auto& file : given.config_files())
        fmt::print(stderr, "settings of {}\n", file);
    const auto last = std::make_shared<last_call>();
    auto settings = given.make().observe(last);
    if (!given.quiet)
      settings.observe(std::make_shared<waking_line>(::isatty(STDERR_FILENO) == 1, given.verbose));
    client c(std::move(settings));
    asio::co_spawn(io, body(c, *last), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, int result) {
                     failed = e;
                     code = result;
                     c.close();
                     signals.cancel();
                     io.stop();
                   }));
    io.run();
    io.restart();
    io.poll();
    // A job that is being called off at its provider.
    const auto limit = std::chrono::steady_clock::now() + calling_off;
    while (c.pool().leased + c.pool().connecting > 0 && std::chrono::steady_clock::now() < limit)
      io.run_one_for(std::chrono::milliseconds(50));
    if (!io.stopped()) {
      // The system's resolver cannot be interrupted, and the context's destructor waits for it.
      std::fflush(nullptr);
      std::_Exit(code);
    }
    if (failed)
      std::rethrow_exception(failed);
    return code;
  } catch (...) {
    const auto f = current_failure();
    printer(given.json, given.verbose, given.quiet).on_failure(f);
    return report(f);
  }
}

} // namespace weir::cli
