// The same question twice at once, and once more later: one request.
#include <weir/policy/response_cache.hpp>
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  const auto answer = co_await client.chat(weir::chat("openai/gpt-oss-120b").user("Why blue?").temperature(0));
  const char* how = answer.attempt->cache_hit ? "from the cache" : answer.attempt->shared ? "shared" : "asked";
  std::cout << how << ": " << answer.text() << '\n';
}

int main(int argc, char** argv) try {
  const auto cache = std::make_shared<weir::response_cache>();
  auto options = weir::from_environment().cache(cache);
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn(ask);
  clients.spawn(ask);
  clients.join();
  clients.spawn(ask);
  clients.join();
  std::cout << cache->stats().misses << " request\n";
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
