#include "guard/peer.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "sim/server/transport.hpp"

namespace weir::inline v0::test {

namespace {

constexpr int patience_ms = 20'000;

void require(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error(std::string("the peer failed: ") + what);
}

std::string file_with(std::string_view text) {
  char path[] = "/tmp/weir-guard-XXXXXX";
  const int fd = ::mkstemp(path);
  require(fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "CA file");
  ::close(fd);
  return path;
}

std::size_t body_size(std::string_view head) {
  constexpr std::string_view name = "\r\ncontent-length: ";
  const auto at = head.find(name);
  return at == head.npos ? 0 : std::strtoul(std::string(head.substr(at + name.size(), 12)).c_str(), nullptr, 10);
}

} // namespace

class peer::connection {
public:
  connection(int descriptor, std::unique_ptr<sim::transport> wire) : descriptor_(descriptor), wire_(std::move(wire)) {}
  ~connection() {
    wire_.reset();
    ::close(descriptor_);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  int descriptor() const noexcept { return descriptor_; }

  /// Whether there was one.
  bool send_piece() {
    if (!answer_)
      return false;
    std::string_view piece = (*answer_)[next_];
    while (!piece.empty()) {
      const auto sent = wire_->write(piece);
      require(sent.state == sim::progress::done, "a piece does not fit the socket");
      piece.remove_prefix(sent.bytes);
    }
    if (++next_ == answer_->size())
      answer_.reset();
    return true;
  }

  /// False once the client has ended the connection.
  bool serve(const std::shared_ptr<const std::vector<std::string>>& answer) {
    if (!shaken_) {
      const auto state = wire_->handshake().state;
      require(state == sim::progress::done || state == sim::progress::want_read, "handshake");
      shaken_ = state == sim::progress::done;
    }
    std::array<char, 16384> buffer;
    while (shaken_) {
      const auto got = wire_->read(buffer);
      if (got.state == sim::progress::want_read)
        break;
      if (got.state != sim::progress::done)
        return false;
      in_.append(buffer.data(), got.bytes);
    }
    if (const auto end = in_.find("\r\n\r\n"); end != in_.npos) {
      const auto size = end + 4 + body_size(std::string_view(in_).substr(0, end));
      if (in_.size() >= size) {
        require(in_.size() == size && answer && !answer_, "a request that is not expected");
        in_.clear();
        answer_ = answer;
        next_ = 0;
      }
    }
    return true;
  }

  /// Bytes, TLS's own included.
  std::uint64_t sent() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    require(::getsockopt(descriptor_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0, "TCP_INFO");
    return info.tcpi_bytes_sent;
  }

private:
  int descriptor_;
  std::unique_ptr<sim::transport> wire_;
  bool shaken_ = false;
  std::string in_;
  std::shared_ptr<const std::vector<std::string>> answer_;
  std::size_t next_ = 0;
};

peer::peer(bool tls)
    : tls_(tls), identity_(trust_.issue(sim::certificate::good)), ca_file_(file_with(trust_.pem())),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  require(::bind(listener_, address, size) == 0 && ::listen(listener_, 1024) == 0 &&
              ::getsockname(listener_, address, &size) == 0,
          "listen");
  port_ = ntohs(at.sin_port);
}

peer::~peer() {
  connections_.clear();
  ::close(listener_);
  ::unlink(ca_file_.c_str());
}

std::string peer::url() const { return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_); }

void peer::answer(std::vector<std::string> pieces) {
  pieces_ = std::make_shared<const std::vector<std::string>>(std::move(pieces));
}

void peer::give_tickets(bool on) { SSL_CTX_set_num_tickets(identity_.context(), on ? 2 : 0); }

void peer::accept() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
      return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto wire = tls_ ? sim::make_tls_transport(fd, identity_) : sim::make_plain_transport(fd);
    connections_.push_back(std::make_unique<connection>(fd, std::move(wire)));
  }
}

bool peer::send_pieces() {
  bool any = false;
  for (const auto& c : connections_)
    any = c->send_piece() || any;
  return any;
}

bool peer::serve() {
  std::vector<pollfd> waits(1);
  waits[0].fd = listener_;
  for (const auto& c : connections_)
    waits.emplace_back().fd = c->descriptor();
  for (auto& w : waits)
    w.events = POLLIN;
  require(::poll(waits.data(), waits.size(), patience_ms) > 0, "no client wants anything");
  bool sent = false;
  for (auto i = waits.size() - 1; i > 0; --i) {
    if (waits[i].revents == 0)
      continue;
    auto& c = *connections_[i - 1];
    const auto before = c.sent();
    const bool open = c.serve(pieces_);
    sent = sent || c.sent() > before;
    if (!open)
      connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i) - 1);
  }
  accept();
  return sent;
}

void peer::turn() {
  while (!send_pieces() && !serve())
    ;
}

} // namespace weir::inline v0::test
