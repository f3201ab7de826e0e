// Falls back to another provider when the first one fails, within the same 30 seconds.
#include <weir/weir.hpp>

#include <iostream>

using namespace std::chrono_literals;

void show(const weir::call_record&, const weir::attempt& a) {
  std::cout << a.url << ": " << (a.failure ? a.failure.message() : "answered") << '\n';
}

boost::asio::awaitable<void> ask(weir::client& client) {
  auto answer = co_await weir::within(30s, client.chat(weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?")));
  std::cout << answer.text() << '\n';
}

int main(int argc, char** argv) try {
  auto second = argc > 3 ? weir::target().base_url(argv[3]) : weir::target("groq/openai/gpt-oss-120b");
  auto options = weir::from_environment().fallback(weir::fallback().to(second)).observe(weir::on_attempt(show));
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
