// A program whose own Asio, header-only, came before weir, with what Asio deprecates and with Asio's TLS.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <weir/weir.hpp>

#include <cstdio>
#include <memory>

std::size_t asio_alone();

boost::asio::awaitable<void> ask(weir::client client) { co_await client.chat(weir::chat().user("hello")); }

int main() {
  boost::asio::ssl::context tls(boost::asio::ssl::context::tls_client);
  boost::asio::io_context io;
  auto work = std::make_unique<boost::asio::io_context::work>(io);
  boost::asio::steady_timer timer(io);
  timer.expires_from_now(std::chrono::milliseconds(1));
  timer.async_wait([&work](boost::system::error_code) { work.reset(); });
  int refused = 0;
  for (int i = 0; i < 50; ++i)
    boost::asio::co_spawn(
        io,
        ask(weir::client(weir::options().base_url("http://127.0.0.1:9").model("m").retry(weir::retry().attempts(1)))),
        [&refused](std::exception_ptr e) {
          ++refused;
          if (e)
            std::rethrow_exception(e);
        });
  for (;;)
    try {
      io.run();
      break;
    } catch (const weir::error& e) {
      std::puts(e.what());
    }
  return refused == 50 && asio_alone() == 50 ? 0 : 1;
}
