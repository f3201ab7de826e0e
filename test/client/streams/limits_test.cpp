// A process that has run out of its own resources.
#include <boost/asio/steady_timer.hpp>

#include "net/limits.hpp"

#include "client/support.hpp"
#include "sim/server/server.hpp"

using namespace weir;

namespace asio = boost::asio;

TEST_CASE("calls without descriptors fail at once with a clear error, and no policy counts it against the provider") {
  sim::settings how;
  how.tls = false;
  how.tokens = 3;
  const sim::server_thread server(how);
  asio::io_context io, other;
  client c(options().base_url(server.url()));
  auto body = [&]() -> asio::awaitable<void> {
    for (const bool first : {true, false}) {
      // Makes the context open its own descriptors.
      const asio::steady_timer opened(first ? other.get_executor() : io.get_executor());
      const ::test::no_descriptors now;
      for (int i = 0; i < 15; ++i) {
        failure why;
        const auto code = co_await weir::test::code_of(c.chat(chat("m").user("hi")), &why);
        CHECK(code == errc::out_of_resources);
        CHECK(why.message().find("ulimit -n") != std::string::npos);
      }
    }
    const auto answer = co_await c.chat(chat("m").user("hi"));
    CHECK(answer.outcome == outcome::complete);
  };
  std::exception_ptr failed;
  asio::co_spawn(io, body, [&](std::exception_ptr e) { failed = e; });
  io.run();
  CHECK_FALSE(failed);
  for (const auto& b : c.inspect().breakers)
    CHECK(b.state == breaker_state::phase::closed);
}
