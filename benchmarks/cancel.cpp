// cancel [STREAMS]
//
// How long it takes from cancelling a call to the end of its connection, as seen by the server,
// while STREAMS (default 5,000) streams are open. First each call is cancelled on its own, then
// as many again all at once. Prints
//     cancel=one-by-one streams=… p50_us=… p99_us=… max_us=…
//     cancel=at-once    streams=… p50_us=… p99_us=… max_us=…
#include <weir/weir.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr const char* opening =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    "2f\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n\r\n";

/// Sends every stream one token, and records when its connection ends.
class server {
public:
  explicit server(std::size_t streams) : ended_(streams) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~server() {
    context_.stop();
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  std::size_t count() const { return count_.load(); }
  clock_type::time_point ended(std::size_t i) const {
    return clock_type::time_point(clock_type::duration(ended_[i].load()));
  }

private:
  asio::awaitable<void> accept() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    std::string request(4096, '\0');
    std::size_t length = 0;
    boost::system::error_code ec;
    const std::string mark = "\"stream-";
    std::size_t at = std::string::npos;
    while (at == std::string::npos || request.find('"', at + mark.size()) == std::string::npos) {
      length += co_await socket.async_read_some(asio::buffer(request.data() + length, request.size() - length),
                                                asio::use_awaitable);
      at = request.find(mark);
    }
    const std::size_t index = std::strtoull(request.c_str() + at + mark.size(), nullptr, 10);
    co_await asio::async_write(socket, asio::buffer(opening, std::char_traits<char>::length(opening)),
                               asio::use_awaitable);
    while (!ec)
      co_await socket.async_read_some(asio::buffer(request), asio::redirect_error(asio::use_awaitable, ec));
    ended_[index] = clock_type::now().time_since_epoch().count();
    ++count_;
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0), true};
  std::vector<std::atomic<clock_type::rep>> ended_;
  std::atomic<std::size_t> count_{0};
  std::thread thread_;
};

asio::awaitable<void> one(weir::client& client, std::size_t i, std::size_t& open) {
  auto reply = co_await client.stream(weir::chat("stream-" + std::to_string(i)).user("Go on."));
  while (auto event = co_await reply.next())
    ++open;
}

void report(const char* how, std::vector<double> waits) {
  std::sort(waits.begin(), waits.end());
  std::printf("cancel=%-11s streams=%zu p50_us=%.0f p99_us=%.0f max_us=%.0f\n", how, waits.size(),
              waits[waits.size() / 2], waits[waits.size() * 99 / 100], waits.back());
}

void measure(bool at_once, std::size_t streams) {
  server peer(streams);
  asio::io_context io(1);
  weir::client client(weir::options().base_url(peer.url()).max_connections(streams));
  std::vector<std::unique_ptr<asio::cancellation_signal>> signals;
  std::size_t open = 0;
  for (std::size_t i = 0; i < streams; ++i) {
    signals.push_back(std::make_unique<asio::cancellation_signal>());
    asio::co_spawn(io, one(client, i, open), asio::bind_cancellation_slot(signals[i]->slot(), asio::detached));
  }
  while (open < streams)
    io.run_one();
  std::vector<std::size_t> order(streams);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  std::vector<clock_type::time_point> cancelled_at(streams);
  for (const auto i : order) {
    cancelled_at[i] = clock_type::now();
    signals[i]->emit(asio::cancellation_type::terminal);
    if (!at_once)
      io.run_for(200us);
  }
  while (peer.count() < streams)
    io.run_for(1ms);
  std::vector<double> waits;
  for (std::size_t i = 0; i < streams; ++i)
    waits.push_back(std::chrono::duration<double, std::micro>(peer.ended(i) - cancelled_at[i]).count());
  report(at_once ? "at-once" : "one-by-one", std::move(waits));
}

} // namespace

int main(int argc, char** argv) try {
  const std::size_t streams = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5000;
  measure(false, streams);
  measure(true, streams);
} catch (const std::exception& e) {
  std::fprintf(stderr, "cancel: %s\n", e.what());
  return 1;
}
