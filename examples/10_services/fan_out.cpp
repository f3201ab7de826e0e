// An HTTP server that asks three models for each request, streams the first answer that begins on to its caller and
// cancels the two others; a caller that leaves cancels its own. Runs on one context, on threads with a client each, or
// in a pool of threads that the program has anyway:
//
//     fan_out one|threads|pool [URL [CA_FILE]]
//     curl -N http://127.0.0.1:PORT/ -d "Why is the sky blue?"
#include <weir/weir.hpp>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <iostream>
#include <string>
#include <variant>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr int threads = 4;

// Completes when the answer has begun; fails if it does not.
asio::awaitable<weir::reply> begin(weir::client& client, std::string model, std::string question) {
  auto reply = co_await client.stream(weir::chat(model).user(question));
  const bool any = co_await reply.ready();
  if (!any)
    throw std::runtime_error(model + " had nothing to say");
  co_return reply;
}

// The three are on their way at once; who is second is cancelled, and its connection closed.
asio::awaitable<weir::reply> first_of_three(weir::client& client, std::string question) {
  auto large = begin(client, "openai/gpt-oss-120b", question);
  auto small = begin(client, "openai/gpt-oss-20b", question);
  auto other = begin(client, "meta-llama/Llama-3.3-70B-Instruct", question);
  auto race = std::move(large) || std::move(small) || std::move(other);
  auto winner = co_await std::move(race);
  co_return std::visit([](weir::reply& r) { return std::move(r); }, winner);
}

class caller {
public:
  caller(tcp::socket socket, weir::client& client) : stream_(std::move(socket)), client_(client) {}

  asio::awaitable<void> serve() {
    for (;;) {
      http::request<http::string_body> request;
      stream_.expires_after(60s);
      const auto [problem, size] = co_await http::async_read(stream_, buffer_, request, no_throw);
      if (problem)
        co_return;
      auto answered = answer(std::move(request.body()));
      auto gone = left();
      auto either = std::move(answered) || std::move(gone);
      const auto end = co_await std::move(either);
      if (end.index() == 1)
        std::cerr << "a caller has left: its answer is cancelled\n";
      const bool again = end.index() == 0 && std::get<0>(end);
      if (!again || !request.keep_alive())
        co_return;
    }
  }

private:
  // Whether the caller may ask again. Never fails: `||` would wait for the caller to leave.
  asio::awaitable<bool> answer(std::string question) {
    bool begun = false;
    std::string problem;
    try {
      auto reply = co_await first_of_three(client_, std::move(question));
      begun = true;
      co_await pass_on(reply);
      co_return true;
    } catch (const std::exception& e) {
      problem = e.what();
    }
    // What has begun cannot be taken back: a stream without its end is seen to be cut.
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (begun || cancelled.cancelled() != asio::cancellation_type::none)
      co_return false;
    std::cerr << problem << '\n';
    http::response<http::string_body> refusal(http::status::bad_gateway, 11, problem + '\n');
    refusal.prepare_payload();
    stream_.expires_after(30s);
    const auto [ec, size] = co_await http::async_write(stream_, refusal, no_throw);
    co_return !ec;
  }

  asio::awaitable<void> pass_on(weir::reply& reply) {
    http::response<http::empty_body> head(http::status::ok, 11);
    head.set(http::field::content_type, "text/plain; charset=utf-8");
    head.chunked(true);
    http::response_serializer<http::empty_body> out(head);
    stream_.expires_after(30s);
    co_await http::async_write_header(stream_, out, asio::use_awaitable);
    while (const auto event = co_await reply.next()) {
      if (event->text().empty())
        continue;
      const auto piece = http::make_chunk(asio::const_buffer(event->text().data(), event->text().size()));
      stream_.expires_after(30s);
      co_await asio::async_write(stream_, piece, asio::use_awaitable);
    }
    const auto end = http::make_chunk_last();
    stream_.expires_after(30s);
    co_await asio::async_write(stream_, end, asio::use_awaitable);
  }

  // Completes when the caller has closed its side. What it sends meanwhile is its next request.
  asio::awaitable<void> left() {
    auto& socket = stream_.socket();
    socket.non_blocking(true);
    beast::error_code end = asio::error::would_block;
    while (end == asio::error::would_block) { // a wait may end for nothing
      const auto [problem] = co_await socket.async_wait(tcp::socket::wait_read, no_throw);
      char next = 0;
      const auto n = problem ? 0 : socket.receive(asio::buffer(&next, 1), tcp::socket::message_peek, end);
      if (problem || (n == 0 && end != asio::error::would_block))
        co_return;
    }
    asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await never.async_wait(no_throw);
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  weir::client& client_;
};

asio::awaitable<void> session(tcp::socket socket, weir::client& client) {
  caller c(std::move(socket), client);
  co_await c.serve();
}

// Each client has an acceptor of its own, and the kernel spreads the callers.
using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

asio::awaitable<void> serve(weir::client& client, tcp::endpoint at, std::atomic<int>& unready) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::acceptor acceptor(executor, at.protocol());
  acceptor.set_option(reuse_port(true));
  acceptor.bind(at);
  acceptor.listen();
  if (--unready == 0)
    std::cout << "serving on http://" << at << std::endl;
  for (;;) {
    auto [problem, socket] = co_await acceptor.async_accept(no_throw);
    if (!problem)
      asio::co_spawn(executor, session(std::move(socket), client), asio::detached);
  }
}

int main(int argc, char** argv) try {
  const std::string kind = argc > 1 ? argv[1] : "one";
  auto options = weir::from_environment().base_url(argc > 2 ? argv[2] : "").ca_file(argc > 3 ? argv[3] : "");
  options.share(weir::make_shared_policies(options)); // limits and breakers count across all clients

  asio::io_context io;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](auto, int) { io.stop(); });
  tcp::acceptor place(io, tcp::v4()); // holds a port, and does not listen
  place.set_option(reuse_port(true));
  place.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto at = place.local_endpoint();
  std::atomic<int> unready = kind == "one" ? 1 : threads;

  if (kind == "one") {
    weir::client client(options);
    asio::co_spawn(io, serve(client, at, unready), asio::detached);
    io.run();
  } else if (kind == "threads") {
    weir::client_group clients(options, threads);
    for (int i = 0; i < threads; ++i)
      clients.spawn([at, &unready](weir::client& client) { return serve(client, at, unready); });
    io.run();
  } else if (kind == "pool") {
    std::deque<weir::client> clients;
    asio::thread_pool pool(threads); // the program's own; each client keeps to a strand of it
    for (int i = 0; i < threads; ++i)
      asio::co_spawn(asio::make_strand(pool), serve(clients.emplace_back(options), at, unready), asio::detached);
    io.run();
    pool.stop();
    pool.join();
  } else {
    std::cerr << "usage: fan_out one|threads|pool [URL [CA_FILE]]\n";
    return 2;
  }
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
