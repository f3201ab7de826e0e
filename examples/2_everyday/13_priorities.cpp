// A user's question does not wait behind a batch: it takes the next free slot.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client, std::string who) {
  co_await client.chat(weir::chat("openai/gpt-oss-120b").user("Hello"));
  std::cout << who << " has its answer\n";
}

boost::asio::awaitable<void> work(weir::client& client) {
  weir::group group;
  for (int i = 1; i <= 6; ++i)
    group.spawn(weir::at_priority(weir::priority::batch, ask(client, "batch " + std::to_string(i))));
  group.spawn(weir::at_priority(weir::priority::interactive, ask(client, "the user")));
  co_await group.join();
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().concurrency(weir::concurrency().limit(1));
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn(work);
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
