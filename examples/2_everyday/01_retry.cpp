// Retries transient failures, up to five attempts in all, and shows every attempt.
#include <weir/weir.hpp>

#include <iostream>

using namespace std::chrono_literals;

void show(const weir::call_record&, const weir::attempt& a) {
  std::cout << "attempt " << a.number << ": " << (a.failure ? a.failure.message() : "answered") << '\n';
}

boost::asio::awaitable<void> ask(weir::client& client) {
  // Each wait is random, up to 200 ms at first and doubling after each attempt.
  auto question = weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?");
  auto answer = co_await weir::with_backoff(weir::backoff(200ms), client.chat(question));
  std::cout << answer.text() << '\n';
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().retry(weir::retry().attempts(5)).observe(weir::on_attempt(show));
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
