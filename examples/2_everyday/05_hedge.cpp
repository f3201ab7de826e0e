// Sends a second request when the first token is late; the first to respond wins.
#include <weir/weir.hpp>

#include <iostream>

using namespace std::chrono_literals;

void show(const weir::call_record& call, const weir::attempt& a) {
  if (call.attempts.size() > 1)
    std::cout << (a.hedge ? "  second" : "  first") << " leg: " << (a.failure ? a.failure.message() : "won") << '\n';
}

boost::asio::awaitable<void> ask(weir::client& client) {
  for (int i = 0; i < 40; ++i)
    co_await collect(co_await client.stream(weir::chat("openai/gpt-oss-120b").user("Hello")));
  auto seen = client.inspect().hedges.front();
  std::cout << seen.calls << " calls, " << seen.hedges << " hedges, " << seen.refused << " over the budget\n";
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().hedge(weir::hedge().after(100ms)).observe(weir::on_attempt(show));
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
