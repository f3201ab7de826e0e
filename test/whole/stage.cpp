#include "whole/stage.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "sim/server/transport.hpp"

namespace weir::inline v0::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using socket = asio::generic::stream_protocol::socket;

namespace {

// Small kernel buffers between the two sides: a client that sends soon blocks.
constexpr int receive_buffer = 32 << 10;
// A flood that nothing ends is over by then, and the test has failed.
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

std::uint16_t listen(tcp::acceptor& at) {
  at.open(tcp::v4());
  at.set_option(asio::socket_base::receive_buffer_size(receive_buffer));
  at.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  at.listen();
  return at.local_endpoint().port();
}

constexpr const char* front_program = "/usr/sbin/nghttpx";

template <class Write>
void write_pem(const std::string& file, Write write) {
  BIO* to = BIO_new_file(file.c_str(), "w");
  write(to);
  BIO_free(to);
}

// It may be taken again before it is used.
std::uint16_t free_port() {
  asio::io_context context;
  tcp::acceptor at(context);
  return listen(at);
}

bool is_listening(std::uint16_t port) {
  asio::io_context context;
  tcp::socket s(context);
  boost::system::error_code ec;
  s.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port), ec);
  return !ec;
}

} // namespace

class stage::connection {
public:
  connection(stage& where, socket s, bool tls, std::shared_ptr<const play> p)
      : where_(where), socket_(std::move(s)), play_(std::move(p)),
        wire_(tls ? sim::make_tls_transport(socket_.native_handle(), where.identity_)
                  : sim::make_plain_transport(socket_.native_handle())) {
    ++where_.open_;
  }
  ~connection() { --where_.open_; }

  static asio::awaitable<void> run(std::shared_ptr<connection> self) { co_await self->perform(self); }

private:
  asio::awaitable<void> perform(std::shared_ptr<connection> self) {
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
      co_await socket_.async_wait(socket::wait_read, no_throw);
      co_await hold_raw();
      co_return;
    }
    while (const auto line = co_await request()) {
      ++where_.requests_;
      const part* todo = nullptr;
      for (const auto& p : play_->parts)
        if (!todo && line->starts_with(p.match))
          todo = &p;
      // Not in one condition: g++ 12 evaluates what is awaited first.
      if (!todo)
        co_return;
      const bool sent = co_await send(todo->bytes);
      if (!sent || todo->next == part::then::end)
        co_return;
      if (todo->next == part::then::hold) {
        ++where_.reached_;
        co_await gone();
        co_return;
      }
      if (todo->next == part::then::relay) {
        co_await relay(std::move(self), *line);
        co_return;
      }
      if (todo->next == part::then::flood) {
        ++where_.reached_;
        co_await flood(todo->repeated);
        co_return;
      }
    }
  }

  // Whether a retry is worthwhile.
  asio::awaitable<bool> more(sim::progress p) {
    if (p != sim::progress::want_read && p != sim::progress::want_write)
      co_return false;
    const auto what = p == sim::progress::want_read ? socket::wait_read : socket::wait_write;
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

  // The first line of the next request, which is read completely.
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

  // Waits until the client has closed the connection; what it still sends is dropped.
  asio::awaitable<void> gone() {
    std::array<char, 16384> buffer;
    for (;;) {
      const auto t = wire_->read(buffer);
      if (t.state != sim::progress::done && !co_await more(t.state))
        co_return;
    }
  }

  // A tunnel to the port in `line`, until either side ends it.
  asio::awaitable<void> relay(std::shared_ptr<connection> self, std::string line) {
    const auto port = std::strtoul(line.c_str() + line.find(':') + 1, nullptr, 10);
    auto there = std::make_shared<tcp::socket>(socket_.get_executor());
    const tcp::endpoint at(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port));
    if (const auto [ec] = co_await there->async_connect(at, no_throw); ec)
      co_return;
    asio::co_spawn(socket_.get_executor(), relay_back(std::move(self), there), asio::detached);
    std::array<char, 16384> buffer;
    for (;;) {
      const auto t = wire_->read(buffer);
      if (t.state == sim::progress::done) {
        if (const auto [ec, n] = co_await asio::async_write(*there, asio::buffer(buffer, t.bytes), no_throw); ec)
          break;
      } else if (!co_await more(t.state)) {
        break;
      }
    }
    there->close();
  }

  asio::awaitable<void> relay_back(std::shared_ptr<connection> self, std::shared_ptr<tcp::socket> from) {
    std::array<char, 16384> buffer;
    for (;;) {
      const auto [ec, n] = co_await from->async_read_some(asio::buffer(buffer), no_throw);
      if (ec || !co_await self->send(std::string_view(buffer.data(), n)))
        break;
    }
    self->socket_.shutdown(socket::shutdown_both, ignored_);
  }

  asio::awaitable<void> flood(std::string piece) {
    const auto until = std::chrono::steady_clock::now() + longest_flood;
    while (std::chrono::steady_clock::now() < until && co_await send(piece))
      ;
  }

  // Nothing is read, so that the client cannot finish sending; its close is not seen either until
  // release().
  asio::awaitable<void> hold_raw() {
    ++where_.reached_;
    asio::steady_timer pause(socket_.get_executor());
    while (!where_.released_) {
      pause.expires_after(std::chrono::milliseconds(1));
      co_await pause.async_wait(no_throw);
    }
    wire_ = sim::make_plain_transport(socket_.native_handle());
    co_await gone();
  }

  stage& where_;
  socket socket_;
  boost::system::error_code ignored_;
  std::shared_ptr<const play> play_;
  std::unique_ptr<sim::transport> wire_;
  std::string in_;
};

stage::stage(bool tls, bool over_h2)
    : tls_(tls), identity_(trust_.issue(sim::certificate::good)), ca_file_(file_with(trust_.pem())),
      play_(std::make_shared<const play>()), acceptor_(context_), plain_acceptor_(context_), unix_acceptor_(context_),
      socket_path_(ca_file_ + ".sock"), folder_(ca_file_ + ".files") {
  std::filesystem::create_directory(folder_);
  port_ = listen(acceptor_);
  plain_port_ = listen(plain_acceptor_);
  unix_acceptor_.open();
  unix_acceptor_.bind(socket_path_);
  unix_acceptor_.listen();
  accept(acceptor_, tls_);
  accept(plain_acceptor_, false);
  accept(unix_acceptor_, tls_);
  thread_ = std::thread([this] { context_.run(); });
  if (over_h2)
    start_front();
}

bool stage::has_front() { return std::filesystem::exists(front_program); }

void stage::start_front() {
  const auto* certificate = SSL_CTX_get0_certificate(identity_.context());
  const auto* key = SSL_CTX_get0_privatekey(identity_.context());
  const std::string key_file = ca_file_ + ".key", certificate_file = ca_file_ + ".cert";
  write_pem(key_file, [key](BIO* to) { PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr); });
  write_pem(certificate_file, [certificate](BIO* to) { PEM_write_bio_X509(to, certificate); });
  const auto port = free_port();
  std::vector<std::string> words = {front_program,
                                    "--conf=/dev/null",
                                    "--frontend=127.0.0.1," + std::to_string(port),
                                    "--backend=127.0.0.1," + std::to_string(plain_port_),
                                    "--workers=1",
                                    "--backend-keep-alive-timeout=1ms",
                                    "--single-process",
                                    "--errorlog-file=/dev/null",
                                    "--accesslog-file=/dev/null",
                                    key_file,
                                    certificate_file};
  std::vector<char*> arguments;
  for (auto& w : words)
    arguments.push_back(w.data());
  arguments.push_back(nullptr);
  ::posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {1, 2})
    ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0600);
  if (::posix_spawn(&front_, front_program, &actions, nullptr, arguments.data(), environ) != 0)
    front_ = -1;
  ::posix_spawn_file_actions_destroy(&actions);
  for (int i = 0; i < 1000 && !is_listening(port); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  front_port_ = port;
}

stage::~stage() {
  if (front_ > 0) {
    ::kill(front_, SIGKILL);
    ::waitpid(front_, nullptr, 0);
  }
  context_.stop();
  thread_.join();
  for (const char* file : {"", ".key", ".cert"})
    std::remove((ca_file_ + file).c_str());
  std::remove(socket_path_.c_str());
  std::filesystem::remove_all(folder_);
}

void stage::set(play p) {
  std::lock_guard lock(mutex_);
  play_ = std::make_shared<const play>(std::move(p));
  reached_ = requests_ = 0;
  released_ = false;
}

template <class Acceptor>
void stage::accept(Acceptor& at, bool tls) {
  at.async_accept([this, &at, tls](boost::system::error_code ec, auto guest) {
    if (!ec) {
      std::shared_ptr<const play> now;
      {
        std::lock_guard lock(mutex_);
        now = play_;
      }
      auto made = std::make_shared<connection>(*this, socket(std::move(guest)), tls, std::move(now));
      asio::co_spawn(context_, connection::run(std::move(made)), asio::detached);
    }
    accept(at, tls);
  });
}

} // namespace weir::inline v0::test
