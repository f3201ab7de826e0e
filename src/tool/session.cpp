#include "tool/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

constexpr auto cancelling = std::chrono::seconds(2);

// A line on stderr while an endpoint starts.
class starting_line final : public observer {
public:
  starting_line(bool terminal, bool verbose) : terminal_(terminal), verbose_(verbose) {}

  void endpoint_starting(const call_record&, const attempt&, duration waited) noexcept override {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(waited).count();
    constexpr int seldom = 15;
    if (terminal_) {
      wipe_line(stderr);
      say(stderr, "the endpoint is starting ({} s) …", seconds);
    } else if (verbose_ && seconds % seldom == 0) {
      say(stderr, "the endpoint is starting ({} s) …\n", seconds);
    }
    shown_ = true;
  }
  void endpoint_awaited(const call_record&, const attempt&) noexcept override {
    if (terminal_ && shown_)
      wipe_line(stderr);
    shown_ = false;
  }

private:
  bool terminal_, verbose_;
  bool shown_ = false;
};

std::string words_of_signal() {
  switch (signals::received()) {
  case SIGTERM: return "terminated";
  case SIGHUP: return "hung up";
  default: return "interrupted";
  }
}

int code_after_signal(int code) {
  return code == exit_code::interrupted && signals::received() ? 128 + signals::received() : code;
}

} // namespace

int report(const output_error& e) {
  if (e.reader_left())
    return exit_code::reader_left;
  say(stderr, "weir: {}\n", e.what());
  return exit_code::broken_off;
}

int report(const failure& f) {
  say(stderr, "weir: {}\n", f.code() == errc::cancelled ? words_of_signal() : one_line(f.describe()));
  return code_after_signal(code_of(f));
}

int report(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const output_error& e) {
    return report(e);
  } catch (...) {
    return report(failure_of(std::current_exception()));
  }
}

namespace {

int result_of(const common_options& given, int code, const std::exception_ptr& failed) {
  if (!failed)
    return code_after_signal(code);
  failure why;
  try {
    std::rethrow_exception(failed);
  } catch (const output_error& e) {
    return report(e);
  } catch (...) {
    why = failure_of(std::current_exception());
  }
  printer(given.json, given.verbose, given.quiet).on_failure(why);
  return report(why);
}

} // namespace

asio::awaitable<int> show(asio::awaitable<reply> opening, const last_call& last, printer out) {
  std::optional<reply> answer;
  failure failed;
  try {
    answer.emplace(co_await std::move(opening));
    while (auto event = co_await answer->next())
      out.on_event(*event);
  } catch (const output_error&) {
    throw;
  } catch (...) {
    failed = failure_of(std::current_exception());
  }
  if (!answer) {
    out.on_failure(last.record());
    co_return report(failed);
  }
  answer->cancel();
  out.on_end(last.record());
  // The response was complete, but its end could not be printed.
  if (failed && !answer->failure())
    co_return report(failed);
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
    failed = failure_of(std::current_exception());
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
  signals::watch();
  asio::cancellation_signal stop;
  asio::io_context io(1);
  int code = 0;
  std::exception_ptr failed;
  try {
    asio::posix::stream_descriptor signalled(io, ::dup(signals::descriptor()));
    signalled.async_wait(asio::posix::stream_descriptor::wait_read, [&](error_code ec) {
      if (!ec)
        stop.emit(asio::cancellation_type::terminal);
    });
    if (given.verbose)
      for (const auto& file : given.config_files())
        say(stderr, "settings from {}\n", file);
    const auto last = std::make_shared<last_call>();
    auto settings = given.make().observe(last);
    if (!given.quiet)
      settings.observe(std::make_shared<starting_line>(::isatty(STDERR_FILENO) == 1, given.verbose));
    client c(std::move(settings));
    asio::co_spawn(io, body(c, *last), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, int result) {
                     failed = e;
                     code = result;
                     c.close();
                     signalled.close();
                     io.stop();
                   }));
    io.run();
    io.restart();
    io.poll();
    // A job that is being cancelled at its provider.
    const auto limit = std::chrono::steady_clock::now() + cancelling;
    while (c.pool().leased + c.pool().connecting > 0 && std::chrono::steady_clock::now() < limit)
      io.run_one_for(std::chrono::milliseconds(50));
    if (!io.stopped()) {
      // The system's resolver cannot be interrupted, and the context's destructor waits for it.
      code = result_of(given, code, failed);
      std::fflush(nullptr);
      std::_Exit(code);
    }
  } catch (...) {
    failed = std::current_exception();
  }
  return result_of(given, code, failed);
}

} // namespace weir::inline v0::cli
