// Compares sentences by their embeddings.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <numeric>

boost::asio::awaitable<void> run(weir::client client) {
  auto ask = weir::feature_extraction("intfloat/multilingual-e5-large-instruct");
  auto vectors = co_await client.run(ask.text("a weir").text("a dam").text("a cat"));
  for (std::size_t i = 0; i < vectors.rows(); ++i) {
    auto a = vectors.row(0), b = vectors.row(i);
    std::cout << i << ": " << std::inner_product(a.begin(), a.end(), b.begin(), 0.0) << '\n';
  }
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().provider("together");
  if (argc > 1)
    options.base_url(argv[1] + std::string("/together"));
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
