// Spreads calls over two equal servers; the slower one gets fewer of them.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  co_await collect(co_await client.stream(weir::chat("local/model").user("Hello")));
}

boost::asio::awaitable<void> ask_often(weir::client& client) {
  weir::group group(4); // at a time
  for (int i = 0; i < 60; ++i)
    group.spawn(ask(client));
  co_await group.join();
  for (const auto& server : client.inspect().routes)
    std::cout << server.target << " was called " << server.picked << " times\n";
}

int main(int argc, char** argv) try {
  auto first = weir::target().base_url(argc > 3 ? argv[1] : "http://gpu1:8000");
  auto second = weir::target().base_url(argc > 3 ? argv[3] : "http://gpu2:8000");
  auto options = weir::options().provider("openai").routing(weir::routing().add(first).add(second));
  options.ca_file(argc > 3 ? argv[2] : "");
  weir::client_group clients(options, 1);
  clients.spawn(ask_often);
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
