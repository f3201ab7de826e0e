// Asks ten questions at once, of which two run at a time; the others wait in order.
#include <weir/weir.hpp>

#include <iostream>

void show(const weir::call_record& call) {
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(call.attempts.back()->queued);
  std::cout << name_of(call.outcome) << " after waiting for " << waited.count() << " ms\n";
}

boost::asio::awaitable<void> ask(weir::client& client) {
  co_await client.chat(weir::chat("openai/gpt-oss-120b").user("What does a weir do?"));
}

int main(int argc, char** argv) try {
  auto limit = weir::concurrency().limit(2); // or .adaptive(true): finds out how many the provider can take
  auto options = weir::from_environment().concurrency(limit).observe(weir::on_call(show));
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  for (int i = 0; i < 10; ++i)
    clients.spawn(ask);
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
