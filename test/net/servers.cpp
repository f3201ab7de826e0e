#include "net/servers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <stdexcept>

namespace test {

namespace {

int listen_on(const std::string& address, std::uint16_t& port) {
  ::sockaddr_storage where{};
  ::socklen_t size = 0;
  if (address.find(':') != std::string::npos) {
    auto& v6 = reinterpret_cast<::sockaddr_in6&>(where);
    v6.sin6_family = AF_INET6;
    ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
    size = sizeof(v6);
  } else {
    auto& v4 = reinterpret_cast<::sockaddr_in&>(where);
    v4.sin_family = AF_INET;
    ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr);
    size = sizeof(v4);
  }
  const int fd = ::socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, reinterpret_cast<::sockaddr*>(&where), size) != 0 || ::listen(fd, 128) != 0)
    throw std::runtime_error("cannot listen on " + address);
  ::getsockname(fd, reinterpret_cast<::sockaddr*>(&where), &size);
  port = ntohs(reinterpret_cast<::sockaddr_in&>(where).sin_port);
  return fd;
}

// OpenSSL's socket BIO raises it on this side; the client under test must not depend on that.
void block_sigpipe() {
  ::sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

} // namespace

tcp_server::tcp_server(std::function<void(int)> serve, const std::string& address) : serve_(std::move(serve)) {
  listener_ = listen_on(address, port_);
  acceptor_ = std::thread([this] { accept_all(); });
}

void tcp_server::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0)
      return;
    std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(fd);
      return;
    }
    ++accepted_;
    open_.push_back(fd);
    threads_.emplace_back([this, fd] {
      block_sigpipe();
      serve_(fd);
      std::lock_guard lock(mutex_);
      std::erase(open_, fd);
      ::close(fd);
    });
  }
}

tcp_server::~tcp_server() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_)
      ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& t : threads_)
    t.join();
  ::close(listener_);
}

void echo(SSL* ssl) {
  char buffer[4096];
  for (;;) {
    const int n = SSL_read(ssl, buffer, sizeof(buffer));
    if (n <= 0 || SSL_write(ssl, buffer, n) != n)
      return;
  }
}

tls_server::tls_server(tls_server_options options, std::function<void(SSL*)> serve)
    : options_(std::move(options)), ctx_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free), serve_(std::move(serve)),
      tcp_([this](int fd) { this->serve(fd); }) {
  SSL_CTX* ctx = ctx_.get();
  SSL_CTX_set_security_level(ctx, 0);
  SSL_CTX_set_min_proto_version(ctx, options_.min_version);
  SSL_CTX_set_max_proto_version(ctx, options_.max_version);
  SSL_CTX_use_certificate(ctx, options_.identity.certificate.get());
  SSL_CTX_use_PrivateKey(ctx, options_.identity.key.get());
  for (const auto& i : options_.intermediates)
    SSL_CTX_add1_chain_cert(ctx, i.certificate.get());
  SSL_CTX_set_session_id_context(ctx, reinterpret_cast<const unsigned char*>("weir"), 4);
  if (options_.client_ca) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), options_.client_ca->certificate.get());
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  // Runs before the client's handshake can be over.
  SSL_CTX_set_tlsext_servername_arg(ctx, this);
  SSL_CTX_set_tlsext_servername_callback(ctx, note_sni);
  if (!options_.alpn.empty())
    SSL_CTX_set_alpn_select_cb(
        ctx,
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned, void* self) {
          const auto& chosen = static_cast<tls_server*>(self)->options_.alpn;
          *out = reinterpret_cast<const unsigned char*>(chosen.data());
          *size = static_cast<unsigned char>(chosen.size());
          return SSL_TLSEXT_ERR_OK;
        },
        this);
}

int tls_server::note_sni(SSL* ssl, int*, void* self) {
  auto& server = *static_cast<tls_server*>(self);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  std::lock_guard lock(server.mutex_);
  server.sni_ = name ? name : "";
  return SSL_TLSEXT_ERR_OK;
}

std::string tls_server::last_sni() const {
  std::lock_guard lock(mutex_);
  return sni_;
}

void tls_server::serve(int fd) {
  const std::shared_ptr<SSL> ssl(SSL_new(ctx_.get()), SSL_free);
  SSL_set_fd(ssl.get(), fd);
  const bool ok = SSL_accept(ssl.get()) == 1;
  if (!ok) {
    // The alert must not be overtaken by a reset.
    ::shutdown(fd, SHUT_WR);
    char rest[512];
    while (::read(fd, rest, sizeof(rest)) > 0) {
    }
    return;
  }
  ++handshakes_;
  if (SSL_session_reused(ssl.get()))
    ++resumptions_;
  serve_(ssl.get());
}

namespace {

int connect_to_loopback(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<::sockaddr*>(&where), sizeof(where)) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

// `pending`, `read` and `write` are those of the near side.
template <class Pending, class Read, class Write>
void relay_between(int near, std::uint16_t port, Pending pending, Read read, Write write) {
  const int far = connect_to_loopback(port);
  char buffer[16384];
  for (bool open = far >= 0; open;) {
    ::pollfd both[2] = {{near, POLLIN, 0}, {far, POLLIN, 0}};
    if (!pending() && ::poll(both, 2, -1) < 0)
      break;
    if (pending() || both[0].revents) {
      const auto n = read(buffer, sizeof(buffer));
      open = n > 0 && ::send(far, buffer, static_cast<std::size_t>(n), MSG_NOSIGNAL) == n;
    }
    if (open && both[1].revents) {
      const auto n = ::recv(far, buffer, sizeof(buffer), 0);
      open = n > 0 && write(buffer, static_cast<std::size_t>(n)) == n;
    }
  }
  if (far >= 0)
    ::close(far);
}

} // namespace

void relay(int fd, std::uint16_t port) {
  relay_between(
      fd, port, [] { return false; }, [fd](char* p, std::size_t n) { return ::recv(fd, p, n, 0); },
      [fd](const char* p, std::size_t n) { return ::send(fd, p, n, MSG_NOSIGNAL); });
}

void relay(SSL* ssl, std::uint16_t port) {
  relay_between(
      SSL_get_fd(ssl), port, [ssl] { return SSL_pending(ssl) > 0; },
      [ssl](char* p, std::size_t n) { return static_cast<::ssize_t>(SSL_read(ssl, p, static_cast<int>(n))); },
      [ssl](const char* p, std::size_t n) { return static_cast<::ssize_t>(SSL_write(ssl, p, static_cast<int>(n))); });
}

std::uint16_t closed_port() {
  std::uint16_t port = 0;
  ::close(listen_on("127.0.0.1", port));
  return port;
}

} // namespace test
