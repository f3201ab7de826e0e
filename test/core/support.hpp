// Runs a coroutine on simulated time.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <stdexcept>

#include <weir/core/executor.hpp>
#include <weir/testing.hpp>

namespace weir::inline v0::test {

/// A context on manual time with a root scope; run() plays everything to its end.
class world {
public:
  world() { testing::manual_time::install(io); }

  boost::asio::any_io_executor executor() { return weir::executor(root); }
  time_point now() { return time_of(io).now(); }

  /// Runs `body` to its end and rethrows what it threw.
  template <class F>
  void run(F body) {
    std::exception_ptr error;
    bool ended = false;
    boost::asio::co_spawn(executor(), std::move(body), [&](std::exception_ptr e) {
      error = e;
      ended = true;
    });
    testing::run(io);
    io.restart();
    if (error)
      std::rethrow_exception(error);
    if (!ended)
      throw std::logic_error("the coroutine never ended");
  }

  boost::asio::io_context io{1};
  std::shared_ptr<scope> root = scope::root(io.get_executor());
};

/// The code of the weir::error that `body` throws; no error if it throws none.
template <class F>
error_code code_of(F&& body) {
  try {
    body();
  } catch (const boost::system::system_error& e) {
    return e.code();
  }
  return {};
}

} // namespace weir::inline v0::test
