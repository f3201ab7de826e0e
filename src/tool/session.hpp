// Runs one call of a command: the loop, Ctrl-C, errors to lines and exit codes.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>

#include <weir/client/client.hpp>

#include "tool/common.hpp"
#include "tool/printer.hpp"

namespace weir::cli {

/// Runs `body` with a client made of the options. SIGINT and SIGTERM cancel it (terminal);
/// what it printed stays, and the exit code is 130. A second signal ends the process.
/// Exceptions become one line on stderr (and with --json one object on stdout).
int run_session(const common_options& given, std::function<boost::asio::awaitable<int>(client&)> body);

/// Opens a stream, prints it as it comes, and gives the exit code. What arrived before a
/// failure stays printed.
boost::asio::awaitable<int> show(boost::asio::awaitable<reply> opening, printer out);

/// The line and the exit code for a failure. With `json`, also an object on stdout.
int report(const failure& f, bool json);

} // namespace weir::cli
