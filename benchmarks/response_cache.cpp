// response_cache [CALLS]
//
// The cost of a hit in the response cache, through a whole client with its default policies: CALLS calls (default
// 20,000) of one chat whose answer is in memory, and as many whose answer is in the cache's file alone. The prompt has
// 2 kB, the answer 100 events. Prints CPU time in microseconds, until the answer begins and until it has been read, and
// how many requests were sent:
//     memory us/begin=… us/read=… us/chat=…  disk us/begin=… us/read=… us/chat=…  requests=…
#include <weir/policy/response_cache.hpp>
#include <weir/store/disk_cache.hpp>
#include <weir/testing.hpp>
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace {

constexpr std::size_t prompt_bytes = 2000, events = 100;

double cpu() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct costs {
  double begin = 0, read = 0, chat = 0; // seconds a call
};

weir::chat question() { return weir::chat().user(std::string(prompt_bytes, 'x')).temperature(0); }

asio::awaitable<void> measure(weir::client& client, int calls, costs& out) {
  {
    auto first = co_await client.stream(question());
    while (auto e = co_await first.next())
      ;
  }
  for (int i = 0; i < calls; ++i) {
    const double begin = cpu();
    auto r = co_await client.stream(question());
    auto e = co_await r.next();
    const double begun = cpu();
    while (e)
      e = co_await r.next();
    out.begin += (begun - begin) / calls;
    out.read += (cpu() - begin) / calls;
  }
  const double begin = cpu();
  for (int i = 0; i < calls; ++i)
    co_await client.chat(question());
  out.chat = (cpu() - begin) / calls;
}

costs run(weir::client& client, int calls) {
  costs c;
  asio::io_context io(1);
  asio::co_spawn(io, measure(client, calls, c), [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  io.run();
  return c;
}

void print(const char* what, const costs& c) {
  std::printf("%s us/begin=%.1f us/read=%.1f us/chat=%.1f  ", what, c.begin * 1e6, c.read * 1e6, c.chat * 1e6);
}

} // namespace

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::atoi(argv[1]) : 20'000;
  weir::testing::fake_provider fake;
  fake.otherwise(weir::testing::stream_of(std::vector<std::string>(events, " word")));
  {
    weir::client client(fake.options().cache(std::make_shared<weir::response_cache>()));
    print("memory", run(client, calls));
  }
  if (weir::has_disk_cache()) {
    const auto folder = std::filesystem::temp_directory_path() / ("weir-bench-" + std::to_string(::getpid()));
    {
      const auto store = weir::open_disk_cache((folder / "cache.sqlite").string());
      const auto settings = weir::cache_settings().memory_bytes(0);
      weir::client client(fake.options().cache(std::make_shared<weir::response_cache>(settings, store)));
      run(client, 0);
      store->flush();
      print("disk", run(client, calls));
    }
    std::filesystem::remove_all(folder);
  }
  std::printf("requests=%zu\n", fake.requests().size());
}
