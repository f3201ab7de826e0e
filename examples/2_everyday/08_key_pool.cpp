// Rotates several keys, and suspends one that is throttled or rejected.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  for (int i = 0; i < 4; ++i)
    co_await client.chat(weir::chat("openai/gpt-oss-120b").user("Hello"));
  for (const auto& key : client.inspect().keys)
    std::cout << key.name << ": picked " << key.picked << " times"
              << (key.usable ? "" : ", suspended: " + key.why.message()) << '\n';
}

int main(int argc, char** argv) try {
  weir::credentials keys;
  keys.named_from_environment({"GROQ_KEY_OLD", "GROQ_KEY_NEW"});
  auto pool = weir::key_pool().keys("groq", {"GROQ_KEY_OLD", "GROQ_KEY_NEW"});
  auto options = weir::options().provider("groq").credentials(keys).keys(pool);
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
