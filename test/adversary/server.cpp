#include "adversary/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstdlib>

#include "adversary/plan.hpp"

namespace weir::inline v0::adversary {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t most = 1u << 20;

std::size_t body_size(std::string_view head) {
  for (const std::string_view name : {"content-length: ", "Content-Length: "})
    if (const auto at = head.find(name); at != head.npos)
      return std::strtoull(std::string(head.substr(at + name.size(), 20)).c_str(), nullptr, 10);
  return 0;
}

// In a path it may have been escaped.
std::uint64_t seed_in(const std::string& request) {
  for (const std::string_view mark : {"~", "%7E"})
    if (const auto at = request.find(mark); at != request.npos)
      return std::strtoull(request.c_str() + at + mark.size(), nullptr, 10);
  return 0;
}

class counted {
public:
  explicit counted(std::atomic<int>& n) : n_(n) { ++n_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --n_; }

private:
  std::atomic<int>& n_;
};

} // namespace

server::server()
    : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()) {
  asio::co_spawn(context_, accept(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

server::~server() {
  context_.stop();
  thread_.join();
}

asio::awaitable<void> server::accept() {
  for (;;) {
    auto peer = co_await acceptor_.async_accept(asio::use_awaitable);
    asio::co_spawn(context_, serve(std::move(peer)), asio::detached);
  }
}

// A client that goes ends this by an exception, as it is meant to.
asio::awaitable<void> server::serve(tcp::socket peer) {
  const counted here(open_);
  asio::steady_timer clock(context_);
  std::string in;
  for (;;) {
    const auto head =
        co_await asio::async_read_until(peer, asio::dynamic_buffer(in, most), "\r\n\r\n", asio::use_awaitable);
    const auto whole = head + body_size(std::string_view(in).substr(0, head));
    while (in.size() < whole) {
      char piece[4096];
      in.append(piece, co_await peer.async_read_some(asio::buffer(piece), asio::use_awaitable));
    }
    const plan p(seed_in(in), url());
    const auto todo =
        std::find_if(p.steps.begin(), p.steps.end(), [&](const step& s) { return in.starts_with(s.match); });
    if (todo == p.steps.end())
      co_return;
    in.erase(0, whole);
    for (const auto& s : todo->slices) {
      if (s.before.count() != 0) {
        clock.expires_after(s.before);
        co_await clock.async_wait(asio::use_awaitable);
      }
      co_await asio::async_write(peer, asio::buffer(s.bytes), asio::use_awaitable);
    }
    switch (todo->after) {
    case step::then::keep: break;
    case step::then::close: co_return;
    case step::then::reset: peer.set_option(asio::socket_base::linger(true, 0)); co_return;
    case step::then::hold: {
      char piece[64];
      for (;;)
        (void)co_await peer.async_read_some(asio::buffer(piece), asio::use_awaitable);
    }
    }
  }
}

} // namespace weir::inline v0::adversary
