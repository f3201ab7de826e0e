// The same chat in Anthropic's dialect; also gemini, ollama, cohere-v2 and openai-responses.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

boost::asio::awaitable<void> run(weir::client client) {
  auto reply = co_await client.stream(weir::chat("claude-sonnet-4-5").user("Why is the sky blue?").max_tokens(200));
  while (auto event = co_await reply.next())
    std::cout << event->text() << std::flush;
  std::cout << "\n(" << name_of(reply.outcome()) << ")\n";
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().provider("anthropic");
  if (argc > 1)
    options.base_url(argv[1] + std::string("/anthropic"));
  if (argc > 2)
    options.ca_file(argv[2]);
  boost::asio::io_context io;
  boost::asio::co_spawn(io, run(weir::client(options)), [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  io.run();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
