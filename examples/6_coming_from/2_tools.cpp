// Lets the model call a typed function, until it has its answer.
#include "program.hpp"

#include <weir/json.hpp>

#include <boost/describe/class.hpp>

struct place {
  std::string city;
};
BOOST_DESCRIBE_STRUCT(place, (), (city))

boost::asio::awaitable<void> run(weir::client& client) {
  weir::tool_set tools;
  tools.add(weir::typed_tool("weather", "The weather of a city", [](const place& p) { return "Sunny in " + p.city; }));
  auto chat = weir::chat("openai/gpt-oss-120b").user("Use the tool: what is the weather in Delft?");
  auto done = co_await weir::run_tools(client, chat, tools);
  std::cout << done.text() << '\n';
}
