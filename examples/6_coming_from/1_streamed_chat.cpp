// Prints an answer as it comes.
#include "program.hpp"

boost::asio::awaitable<void> run(weir::client& client) {
  auto reply = co_await client.stream(weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?"));
  while (auto event = co_await reply.next())
    std::cout << event->text() << std::flush;
}
