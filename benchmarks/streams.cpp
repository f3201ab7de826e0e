// streams URL STREAMS EVENTS INTERVAL [--cacert FILE]
//
// Opens STREAMS concurrent streamed chats through the public client, decodes every event
// in full, and prints the cost:
//     streams=… events=… cpu=… us/event=… maxrss_kb=…
// The server is told to send EVENTS tokens at INTERVAL by the headers x-events and x-interval.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace asio = boost::asio;

namespace {

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

asio::awaitable<void> one(weir::client& client, std::size_t& events, std::size_t& characters) {
  auto reply = co_await client.stream(weir::chat("bench/model").user("Count."));
  while (auto event = co_await reply.next()) {
    if (!event->is_token())
      continue;
    ++events;
    characters += event->text().size();
  }
}

asio::awaitable<void> all(weir::client& client, int streams, std::size_t& events, std::size_t& characters) {
  weir::group group;
  for (int i = 0; i < streams; ++i)
    group.spawn(one(client, events, characters));
  co_await group.join();
}

} // namespace

int main(int argc, char** argv) try {
  if (argc != 5 && !(argc == 7 && std::strcmp(argv[5], "--cacert") == 0)) {
    std::fprintf(stderr, "usage: streams URL STREAMS EVENTS INTERVAL [--cacert FILE]\n");
    return 2;
  }
  const int streams = std::atoi(argv[2]);
  const std::size_t expected = static_cast<std::size_t>(streams) * std::strtoull(argv[3], nullptr, 10);
  auto options = weir::from_environment().base_url(argv[1]).max_connections(static_cast<std::size_t>(streams));
  options.header("x-events", argv[3]).header("x-interval", argv[4]);
  options.connect_timeout(std::chrono::minutes(1)).ca_file(argc == 7 ? argv[6] : "");

  asio::io_context io(1);
  weir::client client(options);
  std::size_t events = 0, characters = 0;
  asio::co_spawn(io, all(client, streams, events, characters), [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  io.run();

  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const double cpu = seconds(used.ru_utime) + seconds(used.ru_stime);
  std::printf("streams=%d events=%zu cpu=%.3f us/event=%.3f maxrss_kb=%ld\n", streams, events, cpu,
              cpu * 1e6 / static_cast<double>(events ? events : 1), used.ru_maxrss);
  if (events != expected) {
    std::fprintf(stderr, "streams: expected %zu events\n", expected);
    return 1;
  }
} catch (const std::exception& e) {
  std::fprintf(stderr, "streams: %s\n", e.what());
  return 1;
}
