// Generates text on a TGI server or endpoint, token by token with log probabilities.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> generate(weir::client& client) {
  auto reply = co_await client.stream(
      weir::text_generation("mistralai/Mistral-7B-v0.1").prompt("Once upon a time").max_new_tokens(20).details(true));
  while (auto event = co_await reply.next())
    if (event->more() && event->more()->token)
      std::cout << event->content() << " (" << event->more()->token->logprob.value_or(0) << ")\n";
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().provider(argc > 1 ? "tgi" : "hf-inference");
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn(generate);
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
