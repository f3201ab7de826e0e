// Asks many questions at once, over pooled connections; the first error cancels the others.
#include <weir/weir.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> ask(weir::client& client, std::string question) {
  auto answer = co_await client.chat(weir::chat("openai/gpt-oss-120b").user(question));
  std::cout << question << " -> " << answer.text().substr(0, 60) << "…\n";
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment();
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 2);
  clients.spawn([](weir::client& client) -> asio::awaitable<void> {
    weir::group group(8);
    for (int i = 1; i <= 20; ++i)
      group.spawn(ask(client, "What is " + std::to_string(i) + " squared?"));
    co_await group.join();
  });
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
