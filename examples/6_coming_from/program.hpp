// main() of these examples: runs a coroutine with a client. argv: the URL of a server, and its CA file, if any.
#pragma once

#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> run(weir::client& client);

int main(int argc, char** argv) try {
  auto options = weir::from_environment();
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn(run);
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
