// Runs the calls of a command: the event loop, signals, errors as one line and an exit code.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <weir/client/client.hpp>
#include <weir/cost/spending.hpp>

#include "tool/arguments/common.hpp"
#include "tool/output/cost_words.hpp"
#include "tool/output/output.hpp"
#include "tool/output/printer.hpp"
#include "tool/output/status_line.hpp"

namespace weir::inline v0::cli {

/// Keeps the record of the last finished call, and the line that says what the current one is waiting for.
class last_call final : public observer {
public:
  explicit last_call(std::shared_ptr<status_line> line) : line_(std::move(line)) {}
  void call_begun(const call_record&) noexcept override {
    begun_ = std::chrono::steady_clock::now();
    spent_ = spending();
  }
  void call_ended(const call_record& call) noexcept override;
  /// An attempt of the current call, as it is entered in the ledger.
  void entered(const ledger_entry& e) { spent_.add(e); }

  /// Whether there are price lists.
  void lists(bool any) noexcept { lists_ = any; }

  /// What all attempts of the last call cost, in words.
  std::string cost() const { return cost_words(spent_, lists_); }
  const call_record& record() const noexcept { return record_; }
  /// The time since the current call, or the last one, began.
  duration elapsed() const { return std::chrono::steady_clock::now() - begun_; }
  const std::shared_ptr<status_line>& status() const noexcept { return line_; }

private:
  call_record record_;
  spending spent_;
  bool lists_ = false;
  std::chrono::steady_clock::time_point begun_;
  std::shared_ptr<status_line> line_;
};

/// A client and its event loop, for one call after the other. SIGINT, SIGTERM and SIGHUP cancel a call (terminal), also
/// while it reads or writes.
/// Thread safety: none.
class session {
public:
  using body = std::function<boost::asio::awaitable<int>(client&, const last_call&)>;

  /// \throws weir::error for options that cannot be used.
  explicit session(const common_options& given);

  /// Runs `call` to its end. \throws what it throws, also before it becomes a coroutine.
  int run(const body& call);
  /// Closes the client and gives jobs two seconds to be cancelled at their providers. False if a name look-up goes on
  /// that nothing can interrupt: the process then has to end without destroying this.
  bool close();

private:
  boost::asio::io_context io_{1};
  std::shared_ptr<last_call> last_;
  std::optional<client> client_;
};

/// Runs one call of a session of its own. What it printed stays, a job is cancelled, and the exit code names the signal
/// that ended it.
/// An exception that `call` throws before it becomes a coroutine (no prompt, no key) becomes one line on stderr,
/// and with --json one object on stdout.
/// Does not wait for an abandoned name look-up: ends the process instead.
int run_session(const common_options& given, const session::body& call);

/// The same for a conversation: `talk` runs any number of calls.
int run_conversation(const common_options& given, const std::function<int(session&)>& talk);

/// What was shown of a call.
class shown {
public:
  shown() = default;
  int code = 0;
  completion answer;             ///< What arrived.
  std::exception_ptr unwritable; ///< An output_error.
};

/// Opens a stream and prints it as it arrives. What arrived before a failure stays printed. `last` outlives it.
boost::asio::awaitable<shown> show_answer(boost::asio::awaitable<reply> opening, const last_call& last, printer out);
/// The same for a response that is not streamed.
boost::asio::awaitable<shown> show_answer(boost::asio::awaitable<completion> call, const last_call& last, printer out);

/// The same, for the exit code alone.
/// \throws output_error, which ends the stream.
boost::asio::awaitable<int> show(boost::asio::awaitable<reply> opening, const last_call& last, printer out);
boost::asio::awaitable<int> show_whole(boost::asio::awaitable<completion> call, const last_call& last, printer out);

/// Prints one line about a failure on stderr and returns its exit code, or the signal's if a signal caused it.
/// Prints nothing if the reader of stdout left.
int report(const failure& f);
int report(const output_error& e);
int report(const std::exception_ptr& why);

} // namespace weir::inline v0::cli
