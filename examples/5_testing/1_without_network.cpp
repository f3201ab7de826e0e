// A test of code that calls a model: the first try is refused, the second one answered, and no time passes.
#include <weir/testing.hpp>
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  auto answer = co_await client.chat(weir::chat().user("Why is the sky blue?"));
  std::cout << answer.text() << '\n';
}

int main() {
  boost::asio::io_context io;
  weir::testing::manual_time::install(io); // the pause before the second try takes no time
  weir::testing::fake_provider fake({weir::testing::refusal(429), weir::testing::answer("Blue light scatters most.")});
  weir::client client(fake.options());
  auto rethrow = [](std::exception_ptr e) { e ? std::rethrow_exception(e) : void(); };
  boost::asio::co_spawn(io, ask(client), rethrow);
  weir::testing::run(io);
  std::cout << fake.requests().size() << " requests\n" << fake.requests().back().body << '\n';
}
