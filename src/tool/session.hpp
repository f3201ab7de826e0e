// Runs one call of a command: the event loop, signals, errors as one line and an exit code.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <exception>
#include <functional>

#include <weir/client/client.hpp>

#include "tool/arguments/common.hpp"
#include "tool/output/output.hpp"
#include "tool/output/printer.hpp"

namespace weir::inline v0::cli {

/// Keeps the record of the last finished call.
class last_call final : public observer {
public:
  last_call() = default;
  void call_ended(const call_record& call) noexcept override { record_ = call; }
  const call_record& record() const noexcept { return record_; }

private:
  call_record record_;
};

/// Runs `body` with a client made of the options. SIGINT, SIGTERM and SIGHUP cancel it (terminal), also while it
/// reads or writes: what it printed stays, a job is cancelled, and the exit code names the signal.
/// An exception that `body` throws before it becomes a coroutine (no prompt, no key) becomes one line on stderr,
/// and with --json one object on stdout.
/// Does not wait for an abandoned name look-up: ends the process instead.
int run_session(const common_options& given,
                std::function<boost::asio::awaitable<int>(client&, const last_call&)> body);

/// Opens a stream, prints it as it arrives, and returns the exit code. What arrived before a
/// failure stays printed. `last` outlives it.
/// \throws output_error, which ends the stream.
boost::asio::awaitable<int> show(boost::asio::awaitable<reply> opening, const last_call& last, printer out);

/// The same for a response that is not streamed.
boost::asio::awaitable<int> show_whole(boost::asio::awaitable<completion> call, const last_call& last, printer out);

/// Prints one line about a failure on stderr and returns its exit code, or the signal's if a signal caused it.
/// Prints nothing if the reader of stdout left.
int report(const failure& f);
int report(const output_error& e);
int report(const std::exception_ptr& why);

} // namespace weir::inline v0::cli
