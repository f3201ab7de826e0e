// Streams an answer. Needs HF_TOKEN, or the URL of a compatible server as an argument (and a CA file as a second).
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client client) {
  auto reply = co_await client.stream(weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?"));
  while (auto event = co_await reply.next())
    std::cout << event->text() << std::flush;
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().base_url(argc > 1 ? argv[1] : "").ca_file(argc > 2 ? argv[2] : "");
  auto rethrow = [](std::exception_ptr e) { e ? std::rethrow_exception(e) : void(); };
  boost::asio::io_context io;
  boost::asio::co_spawn(io, ask(weir::client(options)), rethrow);
  io.run();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
