// Asks many questions, at most eight at a time, and prints each answer as it comes; a failure is one of them.
#include <weir/weir.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;

asio::awaitable<void> ask_all(weir::client& client) {
  std::vector<std::string> questions;
  for (int i = 1; i <= 20; ++i)
    questions.push_back("What is " + std::to_string(i) + " squared?");

  auto answers = weir::map(questions, 8, [&client](std::string question) {
    return client.chat(weir::chat("openai/gpt-oss-120b").user(question));
  });
  while (auto answer = co_await answers.next()) {
    const auto& result = answer->result;
    std::cout << questions[answer->index] << " -> "
              << (result ? result->text().substr(0, 60) + "…" : result.error().describe()) << '\n';
  }
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment();
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn(ask_all);
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
