// The shape of a server: one context, many threads, and a client per strand. A session and its calls stay on one
// strand.
#include <weir/weir.hpp>

#include <boost/asio.hpp>

#include <deque>
#include <iostream>
#include <thread>
#include <vector>

namespace asio = boost::asio;

// In a server: the session of a socket that was accepted on the strand, as by async_accept(strand, …).
asio::awaitable<void> session(weir::client& client) {
  try {
    co_await client.chat(weir::chat("openai/gpt-oss-120b").user("Hello"));
    std::cout << "a session has its answer\n";
  } catch (const weir::error& e) {
    std::cerr << e.what() << '\n';
  }
}

int main(int argc, char** argv) {
  auto options = weir::from_environment();
  if (argc > 2)
    options.base_url(argv[1]).ca_file(argv[2]);
  options.share(weir::make_shared_policies(options)); // limits and breakers count across all clients
  asio::io_context io;
  std::deque<weir::client> clients;
  for (int i = 0; i < 4; ++i) {
    const auto strand = asio::make_strand(io);
    auto& client = clients.emplace_back(options);
    for (int n = 0; n < 2; ++n)
      asio::co_spawn(strand, session(client), asio::detached);
  }
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&io] { io.run(); });
}
