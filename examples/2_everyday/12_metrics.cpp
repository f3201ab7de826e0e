// Counts calls, and prints what Prometheus would scrape: histograms, counters and live gauges.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client, std::shared_ptr<weir::metrics> numbers) {
  for (int i = 0; i < 5; ++i)
    co_await collect(co_await client.stream(weir::chat("openai/gpt-oss-120b").user("Hello")));
  // On the client's thread, the only one that may inspect it.
  numbers->gauges([&client] { return gauges(client.inspect()); });
  std::cout << numbers->prometheus();
}

int main(int argc, char** argv) try {
  auto numbers = std::make_shared<weir::metrics>();
  auto options = weir::from_environment().observe(numbers);
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn([numbers](weir::client& client) { return ask(client, numbers); });
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
