#include "whole/stage.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <unistd.h>

#include "sim/transport.hpp"

namespace weir::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// The kernel's buffers between the two sides stay small: a client that sends gets stuck soon.
constexpr int receive_buffer = 32 << 10;
// A flood that nobody ends is over then, and the test has failed.
constexpr auto longest_flood = std::chrono::seconds(8);

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

std::string file_with(std::string_view text) {
  auto path = (std::filesystem::temp_directory_path() / "weir-whole-XXXXXX").string();
  const int fd = ::mkstemp(path.data());
  if (fd >= 0)
    ::close(fd);
  std::ofstream(path) << text;
  return path;
}

} // namespace

class stage::connection {
public:
  connection(stage& home, tcp::socket s, std::shared_ptr<const play> p)
      : home_(home), socket_(std::move(s)), play_(std::move(p)),
        wire_(home.tls_ ? sim::make_tls_transport(socket_.native_handle(), home.identity_)
                        : sim::make_plain_transport(socket_.native_handle())) {
    ++home_.open_;
  }
  ~connection() { --home_.open_; }

  static asio::awaitable<void> run(std::shared_ptr<connection> self) { co_await self->perform(); }

private:
  asio::awaitable<void> perform() {
    if (!play_->flood.empty()) {
      co_await flood_raw();
      co_return;
    }
    if (play_->hello == play::greeting::dumb) {
      co_await hold_raw();
      co_return;
    }
    for (;;) {
      const auto p = wire_->handshake().state;
      if (p == sim::progress::done)
        break;
      if (!co_await more(p))
        co_return;
    }
    if (play_->hello == play::greeting::deaf) {
      co_await socket_.async_wait(tcp::socket::wait_read, no_throw);
      co_await hold_raw();
      co_return;
    }
    while (const auto line = co_await request()) {
      ++home_.requests_;
      const part* todo = nullptr;
      for (const auto& p : play_->parts)
        if (!todo && line->starts_with(p.match))
          todo = &p;
      if (!todo || !co_await send(todo->bytes))
        co_return;
      if (todo->next == part::then::hold) {
        ++home_.reached_;
        co_await gone();
        co_return;
      }
      if (todo->next == part::then::flood) {
        ++home_.reached_;
        co_await flood(todo->repeated);
        co_return;
      }
    }
  }

  // Whether it is worth trying again.
  asio::awaitable<bool> more(sim::progress p) {
    if (p != sim::progress::want_read && p != sim::progress::want_write)
      co_return false;
    const auto what = p == sim::progress::want_read ? tcp::socket::wait_read : tcp::socket::wait_write;
    const auto [ec] = co_await socket_.async_wait(what, no_throw);
    co_return !ec;
  }

  asio::awaitable<bool> send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto t = wire_->write(bytes);
      if (t.state == sim::progress::done)
        bytes.remove_prefix(t.bytes);
      else if (!co_await more(t.state))
        co_return false;
    }
    co_return true;
  }

  // The first line of the next request, which is read whole.
  asio::awaitable<std::optional<std::string>> request() {
    for (;;) {
      if (const auto end = in_.find("\r\n\r\n"); end != in_.npos) {
        const auto size = end + 4 + body_size(std::string_view(in_).substr(0, end));
        if (in_.size() >= size) {
          auto line = in_.substr(0, in_.find("\r\n"));
          in_.erase(0, size);
          co_return line;
        }
      }
      std::array<char, 16384> buffer;
      const auto t = wire_->read(buffer);
      if (t.state == sim::progress::done)
        in_.append(buffer.data(), t.bytes);
      else if (!co_await more(t.state))
        co_return std::nullopt;
    }
  }

  static std::size_t body_size(std::string_view head) {
    constexpr std::string_view name = "\r\ncontent-length: ";
    const auto at = head.find(name);
    return at == head.npos ? 0 : std::strtoul(std::string(head.substr(at + name.size(), 12)).c_str(), nullptr, 10);
  }

  // Until the client has ended the connection; what it still sends is dropped.
  asio::awaitable<void> gone() {
    std::array<char, 16384> buffer;
    for (;;) {
      const auto t = wire_->read(buffer);
      if (t.state != sim::progress::done && !co_await more(t.state))
        co_return;
    }
  }

  asio::awaitable<void> flood(std::string piece) {
    const auto until = std::chrono::steady_clock::now() + longest_flood;
    while (std::chrono::steady_clock::now() < until && co_await send(piece))
      ;
  }

  // The same without TLS in between.
  asio::awaitable<void> flood_raw() {
    ++home_.reached_;
    wire_ = sim::make_plain_transport(socket_.native_handle());
    co_await flood(play_->flood);
  }

  // Nothing is read, so that what the client sends stays with it; nor does its end come through before that
  // is taken.
  asio::awaitable<void> hold_raw() {
    ++home_.reached_;
    asio::steady_timer pause(socket_.get_executor());
    while (!home_.released_) {
      pause.expires_after(std::chrono::milliseconds(1));
      co_await pause.async_wait(no_throw);
    }
    wire_ = sim::make_plain_transport(socket_.native_handle());
    co_await gone();
  }

  stage& home_;
  tcp::socket socket_;
  std::shared_ptr<const play> play_;
  std::unique_ptr<sim::transport> wire_;
  std::string in_;
};

stage::stage(bool tls)
    : tls_(tls), identity_(trust_.issue(sim::certificate::good)), ca_file_(file_with(trust_.pem())),
      play_(std::make_shared<const play>()), acceptor_(context_) {
  acceptor_.open(tcp::v4());
  acceptor_.set_option(asio::socket_base::receive_buffer_size(receive_buffer));
  acceptor_.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  acceptor_.listen();
  port_ = acceptor_.local_endpoint().port();
  accept();
  thread_ = std::thread([this] { context_.run(); });
}

stage::~stage() {
  context_.stop();
  thread_.join();
  std::remove(ca_file_.c_str());
}

void stage::set(play p) {
  std::lock_guard lock(mutex_);
  play_ = std::make_shared<const play>(std::move(p));
  reached_ = requests_ = 0;
  released_ = false;
}

void stage::accept() {
  acceptor_.async_accept([this](boost::system::error_code ec, tcp::socket socket) {
    if (!ec) {
      std::shared_ptr<const play> now;
      {
        std::lock_guard lock(mutex_);
        now = play_;
      }
      auto guest = std::make_shared<connection>(*this, std::move(socket), std::move(now));
      asio::co_spawn(context_, connection::run(std::move(guest)), asio::detached);
    }
    accept();
  });
}

} // namespace weir::test
