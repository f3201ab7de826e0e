// Asio's own TLS stream, with Beast's parser for the HTTP and Boost.JSON: what one writes without a client library.
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/http.hpp>

#include <exception>
#include <memory>
#include <optional>

#include "decoding.hpp"
#include "task.hpp"

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;

namespace {

class progress {
public:
  explicit progress(const compare::task& t) : todo(t), request(t.request()), left(t.streamed ? t.streams : t.calls) {}
  const compare::task& todo;
  std::string request;
  std::uint64_t left, count = 0, complete = 0;
};

/// A connection; reads one answer after the other.
class connection {
public:
  connection(const asio::any_io_executor& ex, asio::ssl::context& context) : stream_(ex, context) {}

  asio::awaitable<void> open(const compare::task& todo) {
    const asio::ip::tcp::endpoint there(asio::ip::make_address(todo.host()),
                                        static_cast<std::uint16_t>(std::stoi(todo.port())));
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(todo.host()));
    co_await stream_.next_layer().async_connect(there, use_awaitable);
    stream_.next_layer().set_option(asio::ip::tcp::no_delay(true));
    co_await stream_.async_handshake(asio::ssl::stream_base::client, use_awaitable);
  }

  /// False if the server ends the connection after it.
  asio::awaitable<bool> ask(progress& at) {
    co_await asio::async_write(stream_, asio::buffer(at.request), use_awaitable);
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    compare::event_stream events;
    std::string whole;
    while (!parser.is_done()) {
      const auto n = co_await stream_.async_read_some(asio::buffer(buffer_), use_awaitable);
      take(parser, n, [&](std::string_view piece) {
        if (at.todo.streamed)
          events.add(piece);
        else
          whole.append(piece);
      });
    }
    if (!at.todo.streamed)
      events.seen.add(whole);
    const auto& seen = events.seen;
    at.count += at.todo.streamed ? seen.tokens : 1;
    at.complete += seen.finish_reason == "stop" &&
                   (at.todo.streamed ? events.done && seen.tokens == at.todo.tokens && seen.usage == seen.tokens
                                     : seen.tokens == 1 && seen.usage > 0);
    co_return parser.keep_alive();
  }

private:
  // The body within the `n` bytes that came.
  template <class Sink>
  void take(http::response_parser<http::buffer_body>& parser, std::size_t n, Sink sink) {
    pending_.append(buffer_, n);
    std::size_t used = 0;
    while (used < pending_.size() && !parser.is_done()) {
      auto& body = parser.get().body();
      body.data = piece_;
      body.size = sizeof piece_;
      boost::system::error_code ec;
      const auto took = parser.put(asio::buffer(pending_.data() + used, pending_.size() - used), ec);
      if (ec && ec != http::error::need_more && ec != http::error::need_buffer)
        throw boost::system::system_error(ec);
      used += took;
      if (parser.is_header_done())
        sink(std::string_view(piece_, sizeof piece_ - body.size));
      if (took == 0)
        break;
    }
    pending_.erase(0, used);
  }

  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  std::string pending_;
  char buffer_[16 << 10];
  char piece_[16 << 10];
};

asio::awaitable<void> work(asio::ssl::context& context, progress& at) {
  const auto ex = co_await asio::this_coro::executor;
  std::unique_ptr<connection> open;
  while (at.left > 0) {
    --at.left;
    if (!open) {
      open = std::make_unique<connection>(ex, context);
      co_await open->open(at.todo);
    }
    if (!co_await open->ask(at))
      open.reset();
  }
}

} // namespace

int main(int argc, char** argv) try {
  const compare::task todo(argc, argv);
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.load_verify_file(todo.ca_file);
  asio::io_context io(1);
  progress at(todo);
  for (std::uint64_t i = 0; i < todo.parallel(); ++i)
    asio::co_spawn(io, work(context, at), [](std::exception_ptr e) {
      if (e)
        std::rethrow_exception(e);
    });
  io.run();
  if (at.complete != (todo.streamed ? todo.streams : todo.calls))
    throw std::runtime_error("not all answers were complete");
  compare::report(at.count);
} catch (const std::exception& e) {
  std::fprintf(stderr, "asio: %s\n", e.what());
  return 1;
}
