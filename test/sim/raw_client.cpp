#include "sim/raw_client.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>

#include "codec/framing/sse.hpp"

namespace weir::inline v0::sim::test {

namespace {

/// OpenSSL writes with write(), which raises SIGPIPE in the writing thread. Blocked here only, so that a server that
/// raised it would still be caught.
class no_broken_pipe {
public:
  no_broken_pipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~no_broken_pipe() {
    const timespec at_once{};
    sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  no_broken_pipe(const no_broken_pipe&) = delete;
  no_broken_pipe& operator=(const no_broken_pipe&) = delete;

private:
  sigset_t pipe_, before_;
};

} // namespace

class raw_client::tls_state {
public:
  tls_state() : context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), ssl(nullptr, SSL_free) {}
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl;
};

raw_client::raw_client(std::uint16_t port, bool tls, const std::string& ca_file, const std::string& host) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  patience(5000);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    return;
  if (!tls) {
    connected_ = true;
    return;
  }
  const no_broken_pipe guard;
  tls_ = std::make_unique<tls_state>();
  if (!ca_file.empty()) {
    SSL_CTX_load_verify_locations(tls_->context.get(), ca_file.c_str(), nullptr);
    SSL_CTX_set_verify(tls_->context.get(), SSL_VERIFY_PEER, nullptr);
  }
  tls_->ssl.reset(SSL_new(tls_->context.get()));
  SSL* const ssl = tls_->ssl.get();
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) != 1)
    SSL_set1_host(ssl, host.c_str());
  static constexpr unsigned char protocols[] = "\x02h2\x08http/1.1";
  SSL_set_alpn_protos(ssl, protocols, sizeof protocols - 1);
  SSL_set_fd(ssl, descriptor_);
  connected_ = SSL_connect(ssl) == 1;
  verify_error_ = SSL_get_verify_result(ssl);
}

raw_client::~raw_client() {
  const no_broken_pipe guard;
  if (tls_ && connected_)
    SSL_shutdown(tls_->ssl.get());
  ::close(descriptor_);
}

std::string raw_client::alpn() const {
  const unsigned char* text = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(tls_->ssl.get(), &text, &size);
  return std::string(text, text + size);
}

void raw_client::patience(int ms) {
  timeval limit{};
  limit.tv_sec = ms / 1000;
  limit.tv_usec = ms % 1000 * 1000;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

void raw_client::send(std::string_view bytes) {
  const no_broken_pipe guard;
  while (!bytes.empty()) {
    std::size_t n = 0;
    if (tls_) {
      if (SSL_write_ex(tls_->ssl.get(), bytes.data(), bytes.size(), &n) != 1)
        return;
    } else {
      const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0)
        return;
      n = static_cast<std::size_t>(sent);
    }
    bytes.remove_prefix(n);
  }
}

raw_client::got raw_client::read_some() {
  const no_broken_pipe guard;
  char buffer[16384];
  if (tls_) {
    ERR_clear_error();
    errno = 0;
    std::size_t n = 0;
    const int result = SSL_read_ex(tls_->ssl.get(), buffer, sizeof buffer, &n);
    const int problem = errno;
    if (result == 1) {
      in_.append(buffer, n);
      return got::bytes;
    }
    switch (SSL_get_error(tls_->ssl.get(), result)) {
    case SSL_ERROR_ZERO_RETURN: return got::orderly;
    case SSL_ERROR_WANT_READ: return got::silent;
    default: break;
    }
    return problem == ECONNRESET ? got::reset : problem == EAGAIN ? got::silent : got::abrupt;
  }
  const auto n = ::recv(descriptor_, buffer, sizeof buffer, 0);
  if (n > 0)
    in_.append(buffer, static_cast<std::size_t>(n));
  if (n > 0)
    return got::bytes;
  if (n == 0)
    return got::orderly;
  return errno == EAGAIN ? got::silent : got::reset;
}

namespace {

/// Takes complete chunks from `raw`; true once the last one has arrived.
bool take_chunks(std::string_view raw, response& out, bool at_end) {
  while (true) {
    const auto line = raw.find("\r\n");
    if (line == raw.npos)
      return false;
    std::size_t size = 0;
    std::from_chars(raw.data(), raw.data() + line, size, 16);
    if (size == 0)
      return true;
    const auto data = raw.substr(line + 2);
    if (data.size() < size + 2) {
      if (at_end)
        out.chunks.emplace_back(data.substr(0, size));
      return false;
    }
    out.chunks.emplace_back(data.substr(0, size));
    raw = data.substr(size + 2);
  }
}

} // namespace

response raw_client::receive(int patience_ms) {
  patience(patience_ms);
  response out;
  auto state = got::bytes;
  while (in_.find("\r\n\r\n") == in_.npos && state == got::bytes)
    state = read_some();
  const auto head_size = in_.find("\r\n\r\n");
  if (head_size != in_.npos) {
    std::string_view head(in_.data(), head_size + 2);
    std::from_chars(head.data() + 9, head.data() + 12, out.status);
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const auto line = head.substr(0, head.find("\r\n"));
      const auto colon = line.find(": ");
      out.headers[std::string(line.substr(0, colon))] = std::string(line.substr(colon + 2));
      head.remove_prefix(line.size() + 2);
    }
    in_.erase(0, head_size + 4);
    const bool chunked = out.headers.contains("transfer-encoding");
    std::size_t length = std::string::npos;
    if (const auto it = out.headers.find("content-length"); it != out.headers.end())
      length = std::stoull(it->second);
    auto complete = [&] {
      if (chunked)
        return in_.starts_with("0\r\n\r\n") || in_.ends_with("\r\n0\r\n\r\n");
      return in_.size() >= length;
    };
    while (!(out.complete = complete()) && state == got::bytes)
      state = read_some();
    if (chunked) {
      take_chunks(in_, out, true);
      for (const auto& chunk : out.chunks)
        out.body += chunk;
    } else {
      out.body = in_.substr(0, length);
    }
    in_.clear();
  }
  switch (state) {
  case got::bytes: out.end = ending::open; break;
  case got::orderly: out.end = ending::orderly; break;
  case got::abrupt: out.end = ending::abrupt; break;
  case got::reset: out.end = ending::reset; break;
  case got::silent: out.end = ending::silent; break;
  }
  return out;
}

bool raw_client::receive_until(std::string_view text) {
  while (in_.find(text) == in_.npos)
    if (read_some() != got::bytes)
      return false;
  return true;
}

ending raw_client::wait_for_end(int patience_ms) {
  patience(patience_ms);
  for (;;) {
    switch (read_some()) {
    case got::bytes: break;
    case got::orderly: return ending::orderly;
    case got::abrupt: return ending::abrupt;
    case got::reset: return ending::reset;
    case got::silent: return ending::silent;
    }
  }
}

std::vector<std::string> response::events() const {
  std::vector<std::string> out;
  codec::sse_decoder decoder;
  codec::sse_event event;
  decoder.feed(body);
  while (decoder.next(event))
    out.emplace_back(event.data);
  return out;
}

std::vector<codec::json::value> response::chunks_of_json() const {
  std::vector<codec::json::value> out;
  for (const auto& data : events()) {
    if (data == "[DONE]")
      continue;
    error_code ec;
    out.push_back(codec::parse_json(data, ec));
    CHECK_MESSAGE(!ec, data);
  }
  return out;
}

codec::json::value response::as_json() const {
  error_code ec;
  auto value = codec::parse_json(body, ec);
  CHECK_MESSAGE(!ec, body);
  return value;
}

std::string post(std::string_view path, std::string_view body, std::string_view extra_headers) {
  std::string out = "POST " + std::string(path) + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
  out.append(extra_headers).append("content-length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return out.append(body);
}

} // namespace weir::inline v0::sim::test
