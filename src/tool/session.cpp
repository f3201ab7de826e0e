#include "tool/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "tool/exit_code.hpp"

namespace weir::cli {

namespace asio = boost::asio;

int report(const failure& f, bool json) {
  if (json)
    print_failure_json(f);
  fmt::print(stderr, "weir: {}\n", f.describe());
  return code_of(f);
}

asio::awaitable<int> show(asio::awaitable<reply> opening, printer out) {
  auto r = co_await std::move(opening);
  failure failed;
  try {
    while (auto event = co_await r.next())
      out.on_event(*event);
  } catch (const error& e) {
    failed = e.failure();
  }
  out.on_end(r);
  if (failed && r.outcome() != outcome::cancelled)
    report(failed, false);
  co_return code_of(r.outcome(), r.failure());
}

int run_session(const common_options& given, std::function<asio::awaitable<int>(client&)> body) {
  asio::io_context io(1);
  asio::cancellation_signal stop;
  bool interrupted = false;
  int code = 0;
  std::exception_ptr failed;

  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](error_code ec, int) {
    if (ec)
      return;
    interrupted = true;
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    stop.emit(asio::cancellation_type::terminal);
  });

  try {
    client c(given.make());
    asio::co_spawn(io, body(c), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, int result) {
                     failed = e;
                     code = result;
                     c.close();
                     signals.cancel();
                   }));
    io.run();
    if (failed)
      std::rethrow_exception(failed);
  } catch (const error& e) {
    return interrupted ? exit_code::interrupted : report(e.failure(), given.json);
  } catch (const std::exception& e) {
    if (interrupted)
      return exit_code::interrupted;
    return report(failure(errc::connection_lost, e.what()), given.json);
  }
  return interrupted ? exit_code::interrupted : code;
}

} // namespace weir::cli
