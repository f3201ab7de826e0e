// fanout [--quick]
//
// What the default policies do to crowds of calls at a server that fails now and then: produces the tables of
// docs/policies.md. For every share of 503s, 529s and resets, every number of calls in flight and every time to the
// first token it plays the same calls twice against a simulated provider on a real socket, with the default policies
// and with the breaker off, and prints for both how many succeed and how many requests are sent per call:
//     fault=503 share=0.02 in_flight=500 ttft_ms=300 success=1.0000 load=1.020 took_s=… | off success=… load=… took_s=…
// and then how long crowds take where a share of the calls is answered with 429 and `retry-after: 1`:
//     fault=rate-limit:1s share=0.05 in_flight=300 ttft_ms=20 success=1.0000 load=1.050 took_s=2.9
// and with an adaptive limit of concurrency where a share is answered with 503, then a brown-out of a minute, and last
// a full outage:
//     brown-out in_flight=500 success=1.0000 load=1.150 took_s=95.0
//     outage in_flight=100 load=1.0020
// Exits with 1 if a requirement is missed: success at least that with the breaker off less one call in 500, load at
// most 1.02 times that for the calls that both answer, and at most 1.004 in an outage; random variation is allowed for.
// Crowds that mostly wait are played in parallel.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sim/server/server.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

class result {
public:
  result() = default;
  double success = 0, load = 0, took = 0;
};

class crowd {
public:
  crowd() = default;
  std::string fault;
  std::size_t calls = 1000, in_flight = 100;
  weir::duration first_token{}, deadline = 10min;
  weir::duration lasts = weir::duration::max(); ///< Duration of the fault.
  weir::options options;
};

asio::awaitable<void> one(weir::client& client, weir::duration deadline, std::size_t& good) {
  auto asking = client.stream(weir::chat("m").user("hi").max_tokens(4));
  try {
    const auto begin = weir::time_of(co_await asio::this_coro::executor).now();
    auto reply = co_await weir::within(deadline, std::move(asking));
    const auto left = deadline - (weir::time_of(co_await asio::this_coro::executor).now() - begin);
    auto rest = weir::collect(std::move(reply));
    const auto all = co_await weir::within(left, std::move(rest));
    good += all.outcome == weir::outcome::complete;
  } catch (const boost::system::system_error&) {
  }
}

result play(crowd c) {
  weir::sim::settings how;
  how.tls = false;
  how.tokens = 4;
  how.first_token = c.first_token;
  weir::sim::server_thread server(how);
  server.faults({weir::sim::parse_fault_rule(c.fault)});
  asio::io_context io(1);
  weir::client client(c.options.base_url(server.url()).max_connections(c.in_flight).deadline(c.deadline));
  std::size_t good = 0;
  const auto all = [&]() -> asio::awaitable<void> {
    weir::group calls(c.in_flight);
    for (std::size_t i = 0; i < c.calls; ++i)
      calls.spawn(one(client, c.deadline, good));
    co_await calls.join();
  };
  asio::co_spawn(weir::executor(weir::scope::root(io.get_executor())), all, [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  const auto begin = std::chrono::steady_clock::now();
  asio::steady_timer over(io);
  if (c.lasts != weir::duration::max()) {
    over.expires_after(c.lasts);
    over.async_wait([&](auto) { server.faults({}); });
  }
  io.run();
  result r;
  r.took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  r.success = double(good) / double(c.calls);
  r.load = double(server.seen().requests) / double(c.calls);
  return r;
}

int missed = 0;
std::mutex printing;

std::string text(const result& r) {
  char line[80];
  std::snprintf(line, sizeof line, "success=%.4f load=%.4f took_s=%.1f", r.success, r.load, r.took);
  return line;
}

std::string text(const crowd& c) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(c.first_token).count();
  const auto at = c.fault.find('=');
  return "fault=" + c.fault.substr(0, at) + " share=" + c.fault.substr(at + 1, 4) +
         " in_flight=" + std::to_string(c.in_flight) + " ttft_ms=" + std::to_string(ms) + ' ';
}

void print(const std::string& line, bool met) {
  const std::lock_guard lock(printing);
  missed += !met;
  std::printf("%s%s\n", line.c_str(), met ? "" : "  MISSED");
  std::fflush(stdout);
}

void compare(const crowd& c, double share) {
  auto alone = c;
  alone.options = weir::options().breaker(weir::breaker().enabled(false));
  auto other = std::async(std::launch::deferred, play, alone);
  const auto with = play(c), off = other.get();
  // Failures are drawn anew for each: allows for the random variation of this many calls.
  const double chance = 3 * std::sqrt(share / double(c.calls));
  const double thrice = 3 * std::sqrt(2 * share * share * share / double(c.calls));
  // Calls that succeed only with the breaker do not count against it.
  const double more = 2 * std::max(with.success - off.success, 0.0);
  print(text(c) + text(with) + " | off " + text(off),
        with.success >= off.success - 0.002 - thrice && with.load <= 1.02 * (off.load + more) + chance);
}

// Crowds: those that need the processor one after the other, then the others in parallel.
class programme {
public:
  void add(const crowd& c, std::function<void()> run) {
    (c.first_token >= 300ms || c.lasts != weir::duration::max() ? waiting_ : busy_)
        .emplace_back(c.in_flight, std::move(run));
  }

  void run() {
    for (const auto& [size, one] : busy_)
      one();
    std::vector<std::thread> all;
    for (const auto& [size, one] : waiting_)
      all.emplace_back([this, size = size, &one = one] {
        {
          std::unique_lock lock(mutex_);
          free_.wait(lock, [&] { return in_flight_ == 0 || in_flight_ + size <= most; });
          in_flight_ += size;
        }
        one();
        const std::lock_guard lock(mutex_);
        in_flight_ -= size;
        free_.notify_all();
      });
    for (auto& t : all)
      t.join();
  }

private:
  static constexpr std::size_t most = 3000; // Two descriptors each.
  std::vector<std::pair<std::size_t, std::function<void()>>> busy_, waiting_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::size_t in_flight_ = 0;
};

} // namespace

int main(int argc, char** argv) try {
  bool quick = false;
  for (int i = 1; i < argc; ++i)
    quick = quick || std::strcmp(argv[i], "--quick") == 0;
  const auto some = [quick](auto all) {
    if (quick)
      all.erase(all.begin() + 1, all.end() - 1);
    return all;
  };
  const auto shares = some(std::vector<double>{0.02, 0.05, 0.1});
  const auto times = some(std::vector<weir::duration>{weir::duration(), 20ms, 300ms, 3s});
  programme all;
  for (const std::string fault : {"503", "529", "hang-up"})
    for (const double share : shares)
      for (const std::size_t in_flight : some(std::vector<std::size_t>{20, 100, 500, quick ? 500ul : 2000ul}))
        for (const auto first_token : times) {
          crowd c;
          c.fault = fault + "=" + std::to_string(share);
          c.in_flight = in_flight;
          c.calls = std::max<std::size_t>(first_token >= 3s ? 2 * in_flight : 1000, 2 * in_flight);
          if (first_token >= 3s && in_flight == 20)
            c.calls = 300;
          c.first_token = first_token;
          all.add(c, [c, share] { compare(c, share); });
        }
  const auto alone = [&all](const std::string& name, const crowd& c) {
    all.add(c, [name, c] {
      const auto r = play(c);
      print(name + text(c) + text(r), r.success >= 0.998);
    });
  };
  for (const std::string fault : {"rate-limit:1s", "rate-limit:none"})
    for (const std::size_t in_flight : {12ul, 60ul, 300ul})
      for (const auto first_token : times) {
        crowd c;
        c.fault = fault + "=0.05";
        c.in_flight = in_flight;
        c.calls = in_flight == 12 ? 200 : 10 * in_flight;
        c.first_token = first_token;
        alone("", c);
      }
  for (const double share : shares) {
    crowd c;
    c.fault = "503=" + std::to_string(share);
    c.in_flight = 300;
    c.calls = 3000;
    c.first_token = 300ms;
    c.options = weir::options().concurrency(weir::concurrency().adaptive(true));
    alone("adaptive ", c);
  }
  for (const std::size_t in_flight : {20ul, 500ul}) {
    crowd c;
    c.fault = "503";
    c.lasts = 60s;
    c.in_flight = c.calls = in_flight;
    c.first_token = 300ms;
    all.add(c, [c] {
      const auto r = play(c);
      print("brown-out in_flight=" + std::to_string(c.in_flight) + ' ' + text(r), r.success == 1);
    });
  }
  for (const std::size_t in_flight : {20ul, 100ul, 500ul}) {
    crowd c;
    c.fault = "503";
    c.in_flight = in_flight;
    c.calls = 2000;
    c.deadline = 2s;
    all.add(c, [c] {
      const auto r = play(c);
      print("outage in_flight=" + std::to_string(c.in_flight) + ' ' + text(r), r.load <= 1.004);
    });
  }
  all.run();
  return missed != 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "fanout: %s\n", e.what());
  return 2;
}
