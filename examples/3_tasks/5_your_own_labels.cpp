// Classifies a text with labels that the model was not trained on.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

boost::asio::awaitable<void> run(weir::client client) {
  auto ask = weir::zero_shot_classification("facebook/bart-large-mnli").text("I want my money back");
  auto result = co_await client.run(ask.label("refund").label("praise"));
  for (const auto& [label, score] : result.labels())
    std::cout << label << ' ' << score << '\n';
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().provider("hf-inference");
  if (argc > 1)
    options.base_url(argv[1] + std::string("/hf-inference"));
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
