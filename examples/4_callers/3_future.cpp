// Makes a call from one thread while another runs the client.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  boost::asio::thread_pool io(1);
  weir::client client(weir::from_environment().base_url(argc > 1 ? argv[1] : ""));
  auto ask = client.chat(weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?"));
  auto answer = boost::asio::co_spawn(io, std::move(ask), boost::asio::use_future);
  std::cout << answer.get().text() << '\n';
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
