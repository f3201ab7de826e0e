#include "sim/server/main_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <ostream>

#include "sim/server/server.hpp"

namespace weir::inline v0::sim {

int run(settings how, std::ostream& out) {
  boost::asio::io_context context(1);
  server provider(context, std::move(how));
  boost::asio::signal_set signals(context, SIGINT, SIGTERM, SIGHUP);
  provider.start();
  signals.async_wait([&](error_code, int) { provider.stop(); });
  out << "listening on " << provider.url() << "\n";
  if (!provider.ca_file().empty())
    out << "ca file: " << provider.ca_file() << "\n";
  out << std::flush;
  context.run();
  return 0;
}

} // namespace weir::inline v0::sim
