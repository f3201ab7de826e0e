// Stays within a key's rate limits, and refuses at once what cannot be served in time.
#include <weir/weir.hpp>

#include <iostream>

using namespace std::chrono_literals;

boost::asio::awaitable<void> ask(weir::client& client) {
  auto question = weir::chat("openai/gpt-oss-120b").user("What does a weir do?").max_tokens(100);
  for (int i = 1; i <= 3; ++i)
    try {
      co_await weir::within(5s, client.chat(question));
      auto tokens = client.inspect().rate_limits.front().tokens_per_minute;
      std::cout << "answered: " << tokens.used << " of " << tokens.limit << " tokens used\n";
    } catch (const weir::error& e) {
      std::cout << "refused at once: " << e.failure().message() << '\n';
    }
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().rate_limit(weir::rate_limit().requests_per_minute(2).tokens_per_minute(6000));
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
