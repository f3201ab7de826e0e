// Clients on strands of a thread pool.

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <vector>

#include <weir/core/group.hpp>

#include "client/support.hpp"
#include "sim/server/server.hpp"

namespace asio = boost::asio;

namespace {

asio::awaitable<void> one(weir::client& client, std::size_t& tokens) {
  auto reply = co_await client.stream(weir::chat("m").user("hello"));
  while (auto event = co_await reply.next())
    tokens += event->is_token();
}

asio::awaitable<std::size_t> many(weir::options o) {
  weir::client client(std::move(o));
  std::size_t tokens = 0;
  weir::group group;
  for (int i = 0; i < 16; ++i)
    group.spawn(one(client, tokens));
  co_await group.join();
  co_return tokens;
}

} // namespace

TEST_CASE("clients work on strands of a thread pool") {
  weir::sim::settings how;
  how.tokens = 50;
  weir::sim::server_thread server(how);
  asio::thread_pool pool(4);
  const auto o = weir::options().base_url(server.url()).ca_file(server.ca_file());
  std::vector<std::future<std::size_t>> sums;
  for (int i = 0; i < 3; ++i)
    sums.push_back(asio::co_spawn(asio::make_strand(pool), many(o), asio::use_future));
  for (auto& sum : sums)
    CHECK(sum.get() == 16 * 50);
  pool.join();
}
