// How often one call is tried, and how long it may take.
#include "program.hpp"

boost::asio::awaitable<void> run(weir::client& client) {
  using namespace std::chrono_literals;
  auto patient = weir::call_options().attempts(6).deadline(20s);
  auto answer = co_await client.chat(weir::chat("openai/gpt-oss-120b").user("Hi").options(patient));
  std::cout << answer.text() << '\n';
}
