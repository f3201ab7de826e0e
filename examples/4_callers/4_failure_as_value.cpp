// Takes failures as values, without try and catch.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  auto request = weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?");
  auto answer = co_await weir::as_result(client.chat(request));
  if (answer)
    std::cout << answer->text() << '\n';
  else if (answer.error().code() == weir::condition::throttled)
    std::cout << "later: " << answer.error().describe() << '\n';
  else
    std::cout << answer.error().describe() << '\n';
}

int main(int argc, char** argv) {
  weir::client_group clients(weir::from_environment().base_url(argc > 1 ? argv[1] : ""), 1);
  clients.spawn(ask);
  clients.join();
}
