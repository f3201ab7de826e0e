// Runs one call of a command: the loop, Ctrl-C, errors to lines and exit codes.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <exception>
#include <functional>

#include <weir/client/client.hpp>

#include "tool/arguments/common.hpp"
#include "tool/output/output.hpp"
#include "tool/output/printer.hpp"

namespace weir::cli {

/// Keeps the record of the last call that ended.
class last_call final : public observer {
public:
  last_call() = default;
  void call_ended(const call_record& call) noexcept override { record_ = call; }
  const call_record& record() const noexcept { return record_; }

private:
  call_record record_;
};

/// Runs `body` with a client made of the options. SIGINT, SIGTERM and SIGHUP cancel it (terminal), also while it
/// reads or writes: what it printed stays, a job is cancelled, and the exit code tells the signal.
/// What `body` throws before it is a coroutine (no prompt, no key) becomes one line on stderr,
/// and with --json one object on stdout.
/// Does not wait for a name look-up that nobody wants any more: ends the process then.
int run_session(const common_options& given,
                std::function<boost::asio::awaitable<int>(client&, const last_call&)> body);

/// Opens a stream, prints it as it comes, and gives the exit code. What arrived before a
/// failure stays printed. `last` outlives it.
/// \throws output_error, which ends the stream.
boost::asio::awaitable<int> show(boost::asio::awaitable<reply> opening, const last_call& last, printer out);

/// The same for an answer that comes whole.
boost::asio::awaitable<int> show_whole(boost::asio::awaitable<completion> call, const last_call& last, printer out);

/// Prints one line about a failure on stderr, and gives its exit code: that of the signal if it was one's.
/// Says nothing of a reader that left.
int report(const failure& f);
int report(const output_error& e);
int report(const std::exception_ptr& why);

} // namespace weir::cli
