// The program that every consumer builds: a request explained, and a call.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client client) {
  std::cout << client.explain(weir::chat().user("hello")).body << '\n';
  try {
    co_await weir::within(std::chrono::minutes(1), client.chat(weir::chat().user("hello")));
  } catch (const weir::error& e) {
    std::cout << e.what() << '\n';
    co_return;
  }
  std::abort();
}

int main() {
  boost::asio::io_context io;
  const auto options = weir::options().base_url("http://127.0.0.1:9").model("m").retry(weir::retry().attempts(1));
  boost::asio::co_spawn(io, ask(weir::client(options)), [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  io.run();
}
