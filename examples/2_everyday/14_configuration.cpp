// Takes all settings from a file: weir.json in the working directory or in ~/.config/weir. They are validated.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  auto answer = co_await client.chat(weir::chat().user("Why is the sky blue?"));
  std::cout << answer.text() << '\n';
}

int main(int argc, char** argv) try {
  auto options = weir::load_options();
  std::cout << options.retry().attempts() << " attempts, " << options.fallback().targets().size()
            << " fallbacks, model " << options.model() << '\n';
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
