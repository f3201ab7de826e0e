// Waits at most 30 seconds for the complete answer, and prints its token count.
#include <weir/weir.hpp>

#include <iostream>

using namespace std::chrono_literals;

boost::asio::awaitable<void> ask(weir::client& client) {
  auto question = weir::chat("openai/gpt-oss-120b").user("What does a weir do?").max_tokens(100);
  auto answer = co_await weir::within(30s, client.chat(question));
  std::cout << answer.text() << "\n(" << name_of(answer.outcome);
  if (answer.usage.completion_tokens)
    std::cout << ", " << *answer.usage.completion_tokens << " tokens";
  std::cout << ")\n";
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment();
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn(ask);
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
