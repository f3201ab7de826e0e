// Stops calling a provider that only fails, for a while.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  for (int i = 1; i <= 5; ++i) {
    try {
      auto answer = co_await client.chat(weir::chat("openai/gpt-oss-120b").user("What does a weir do?"));
      std::cout << i << ": " << answer.text() << '\n';
    } catch (const weir::error& e) {
      std::cout << i << ": " << e.failure().message() << '\n';
    }
    for (const auto& circuit : client.inspect().breakers)
      std::cout << "   the circuit is " << name_of(circuit.state) << ", it refused " << circuit.refused << " calls\n";
  }
}

int main(int argc, char** argv) try {
  auto options =
      weir::from_environment().breaker(weir::breaker().consecutive_failures(6).consecutive_span({}).wait(false));
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
