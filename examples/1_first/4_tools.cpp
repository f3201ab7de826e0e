// Offers the model a function, and prints the calls that it requests.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  auto weather = weir::tool("weather", "The weather of a city",
                            R"({"type": "object", "properties": {"city": {"type": "string"}}})");
  auto reply = co_await client.stream(
      weir::chat("openai/gpt-oss-120b").user("Use the tool: what is the weather in Delft?").tool(weather));
  auto answer = co_await collect(std::move(reply));
  for (const auto& call : answer.tool_calls())
    std::cout << call.name << "(" << call.arguments << ")\n";
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment();
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
