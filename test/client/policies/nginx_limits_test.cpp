// The gate against an independent rate limiter: nginx's limit_req, which sends 429 without a retry-after.
#include "client/support.hpp"

#include <cstdlib>

#include <weir/core/group.hpp>

#include "net/tls/nginx.hpp"
#include "sim/server/server.hpp"

using namespace weir;
using namespace weir::test;

namespace {

// In front of a simulated provider.
std::string limiting(std::uint16_t port, const std::string& to, int rate) {
  return " limit_req_zone $server_port zone=z:1m rate=" + std::to_string(rate) +
         "r/s;\n"
         " server { listen 127.0.0.1:" +
         std::to_string(port) +
         ";\n"
         "  location / { limit_req zone=z; limit_req_status 429; proxy_buffering off; proxy_pass " +
         to + "; } }\n";
}

void play(int rate, std::size_t calls) {
  CAPTURE(rate);
  sim::settings how;
  how.tls = false;
  how.tokens = 4;
  sim::server_thread provider(how);
  std::unique_ptr<::test::nginx> server;
  std::uint16_t port = 0;
  for (int i = 0; i < 3 && !server; ++i) {
    port = ::test::loopback::free_port();
    server = std::make_unique<::test::nginx>(limiting(port, provider.url(), rate));
    if (!server->wait_until([&] { return ::test::loopback::accepts(port); }))
      server.reset();
  }
  REQUIRE(server);

  asio::io_context io(1);
  client c(options().base_url("http://127.0.0.1:" + std::to_string(port)));
  std::size_t complete = 0;
  const auto one = [&]() -> asio::awaitable<void> {
    auto asking = c.stream(weir::chat("m").user("hi"));
    auto r = co_await std::move(asking);
    const auto all = co_await collect(std::move(r));
    complete += all.outcome == outcome::complete;
  };
  const auto all = [&]() -> asio::awaitable<void> {
    group crowd(12);
    for (std::size_t i = 0; i < calls; ++i)
      crowd.spawn(one());
    co_await crowd.join();
  };
  const auto begin = std::chrono::steady_clock::now();
  asio::co_spawn(executor(scope::root(io.get_executor())), all, [](std::exception_ptr e) { CHECK_FALSE(e); });
  io.run_for(1min);
  CHECK(complete == calls);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  CHECK(took.count() <= 10 + static_cast<double>(calls) / (0.8 * rate));
  MESSAGE(rate << " a second: " << calls << " calls took " << took.count() << " s");
}

} // namespace

TEST_CASE("behind nginx's limit_req a crowd is served at four fifths of the rate at least, and no call is lost") {
  if (!::test::nginx::installed()) {
    MESSAGE("skipped: " << ::test::nginx::program << " is not installed");
    return;
  }
  play(20, 100);
  if (std::getenv("WEIR_LONG"))
    for (const int other : {5, 100, 200})
      play(other, static_cast<std::size_t>(other) * 20);
}
