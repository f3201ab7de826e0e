// Waits for a whole answer, for at most 30 seconds, and prints what it cost.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

using namespace std::chrono_literals;

boost::asio::awaitable<void> ask(weir::client client) {
  auto answer = co_await weir::within(30s, client.chat(weir::chat("openai/gpt-oss-120b").user("Hello!").max_tokens(100)));
  std::cout << answer.text() << "\n";
  if (answer.usage.completion_tokens)
    std::cout << "(" << *answer.usage.completion_tokens << " tokens)\n";
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment();
  if (argc > 2)
    options.base_url(argv[1]).ca_file(argv[2]);
  boost::asio::io_context io;
  boost::asio::co_spawn(io, ask(weir::client(options)), [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  io.run();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
