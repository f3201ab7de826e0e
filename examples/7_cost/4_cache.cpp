// The same question twice, at once and later: one request. Needs <weir/policy/response_cache.hpp>.
#include <weir/policy/response_cache.hpp>
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  const auto question = weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?").temperature(0);
  const auto answer = co_await client.chat(question);
  const auto& how = *answer.attempt;
  std::cout << (how.cache_hit ? "from the cache" : how.shared ? "shared" : "asked") << ": " << answer.text() << '\n';
}

int main(int argc, char** argv) try {
  const auto cache = std::make_shared<weir::response_cache>(weir::cache_settings().ttl(std::chrono::hours(1)));
  auto options = weir::from_environment().cache(cache);
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  for (const int together : {2, 1}) {
    for (int i = 0; i < together; ++i)
      clients.spawn(ask);
    clients.join();
  }
  std::cout << cache->stats().misses << " request\n";
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
