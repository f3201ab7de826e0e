// A server's shape: one context, many threads, and a client for each strand. A session and its calls stay on one strand.
#include <weir/weir.hpp>

#include <boost/asio.hpp>

#include <deque>
#include <iostream>
#include <thread>

namespace asio = boost::asio;

struct lane {
  lane(asio::io_context& io, const weir::options& o) : strand(asio::make_strand(io)), client(o) {}
  asio::strand<asio::io_context::executor_type> strand;
  weir::client client;
};

// In a server: of a socket that was accepted on the strand, as in async_accept(on.strand, …).
asio::awaitable<void> session(lane& on) {
  try {
    for (int i = 0; i < 5; ++i)
      co_await on.client.chat(weir::chat("openai/gpt-oss-120b").user("Hello"));
    std::cout << "a session has its answers\n";
  } catch (const weir::error& e) {
    std::cerr << e.what() << '\n';
  }
}

int main(int argc, char** argv) {
  auto options = weir::from_environment();
  if (argc > 2)
    options.base_url(argv[1]).ca_file(argv[2]);
  options.share(weir::make_shared_policies(options)); // Limits and breakers count over all clients.
  asio::io_context io;
  std::deque<lane> lanes;
  for (int i = 0; i < 4; ++i)
    lanes.emplace_back(io, options);
  for (int i = 0; i < 8; ++i)
    asio::co_spawn(lanes[i % 4].strand, session(lanes[i % 4]), asio::detached);
  std::deque<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { io.run(); });
}
