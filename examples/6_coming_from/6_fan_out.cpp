// Ten thousand prompts, 64 at a time, with every result as it comes.
#include "program.hpp"

#include <ranges>

boost::asio::awaitable<void> run(weir::client& client) {
  auto answers = weir::map(std::views::iota(0, 10'000), 64, [&client](int i) {
    return client.chat(weir::chat("openai/gpt-oss-120b").user("What is " + std::to_string(i) + " squared?"));
  });
  while (auto answer = co_await answers.next()) {
    const auto& result = answer->result;
    std::cout << answer->index << ": " << (result ? result->text() : result.error().describe()) << '\n';
  }
}
