// Makes a call from a program that uses Asio's callbacks.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

int main(int argc, char** argv) {
  boost::asio::io_context io;
  weir::client client(weir::from_environment().base_url(argc > 1 ? argv[1] : ""));
  auto done = [](std::exception_ptr e, weir::completion answer) {
    std::cout << (e ? weir::failure_of(e).describe() : answer.text()) << '\n';
  };
  boost::asio::co_spawn(io, client.chat(weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?")), done);
  io.run();
}
