// Many tenants over one client, each with a key of its own.
#include "program.hpp"

boost::asio::awaitable<void> run(weir::client& client) {
  for (std::string tenant : {"north", "south"}) {
    auto own = weir::call_options().key(weir::secret("sk-" + tenant + "-0123456789"), tenant).tag("tenant", tenant);
    auto answer = co_await client.chat(weir::chat("openai/gpt-oss-120b").user("Who am I?").options(own));
    std::cout << tenant << ": " << answer.text() << '\n';
  }
}
