// Lists the providers of a model, with prices.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

boost::asio::awaitable<void> run(weir::client client) {
  auto models = co_await client.models();
  for (const auto& model : models)
    for (const auto& server : model.providers)
      std::cout << model.id << " at " << server.id << ": $" << server.price.output.value_or(0) << " a million tokens\n";
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment();
  if (argc > 1)
    options.base_url(argv[1]);
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
