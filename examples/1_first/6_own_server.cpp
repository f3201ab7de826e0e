// Calls any compatible server by its URL, with its own key and custom timeouts.
#include <weir/weir.hpp>

#include <cstdlib>
#include <iostream>

using namespace std::chrono_literals;

boost::asio::awaitable<void> ask(weir::client& client) {
  auto reply = co_await client.stream(weir::chat("any/model").user("Hello!"));
  auto answer = co_await collect(std::move(reply)); // what arrived, also if it broke off
  std::cout << answer.text() << "\n(" << name_of(answer.outcome) << ")\n";
}

int main(int argc, char** argv) try {
  auto options = weir::options().base_url(argc > 1 ? argv[1] : "http://localhost:8080");
  options.connect_timeout(2s).first_token_timeout(20s).inter_token_timeout(5s).deadline(1min);
  if (argc > 2)
    options.ca_file(argv[2]);
  if (const char* key = std::getenv("SERVER_KEY"))
    options.credentials(weir::credentials().default_key(weir::secret(key)));
  weir::client_group clients(options, 1);
  clients.spawn(ask);
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return e.code() == weir::condition::transient ? 75 : 1; // 75: worth retrying (EX_TEMPFAIL of sysexits.h)
}
