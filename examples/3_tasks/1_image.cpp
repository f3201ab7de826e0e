// Generates an image and saves it. The file appears once it is complete.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

boost::asio::awaitable<void> run(weir::client client) {
  auto ask = weir::text_to_image("black-forest-labs/FLUX.1-dev").prompt("A weir at dawn").width(512).height(256);
  auto image = co_await client.run(ask.save_to("/tmp/weir-example.png"));
  std::cout << image.first().path << ", " << image.first().content_type << '\n';
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().provider("fal-ai");
  if (argc > 1)
    options.base_url(argv[1] + std::string("/fal-ai"));
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
