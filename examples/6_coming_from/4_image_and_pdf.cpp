// Asks about an image and a document.
#include "program.hpp"

boost::asio::awaitable<void> run(weir::client& client) {
  auto question = weir::message::user("Do these say the same?");
  question.part(weir::content_part::file("chart.png")).part(weir::content_part::file("report.pdf"));
  auto answer = co_await client.chat(weir::chat("openai/gpt-4o").add(question));
  std::cout << answer.text() << '\n';
}
