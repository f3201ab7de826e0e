// The cost of the kernel and OpenSSL alone: the same streams as benchmarks/streams, read by
// one epoll loop that decodes nothing. The baseline for weir's own share.
//
//     floor URL STREAMS EVENTS INTERVAL [--cacert FILE]
//
// A stream counts as read when the last chunk arrives, right after [DONE]. The simulated
// provider is trusted to have sent all events before it.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "floor: %s\n", what);
  ERR_print_errors_fp(stderr);
  std::exit(1);
}

constexpr std::string_view last_bytes = "data: [DONE]\n\n\r\n0\r\n\r\n";
constexpr std::size_t read_size = 64u << 10;

struct connection {
  int descriptor = -1;
  SSL* ssl = nullptr;
  enum { connecting, handshaking, reading } state = connecting;
  std::uint64_t bytes = 0;
  char tail[last_bytes.size()] = {};
};

/// Keeps the last bytes received.
void remember(connection& c, const char* data, std::size_t size) {
  c.bytes += size;
  constexpr auto keep = sizeof c.tail;
  if (size >= keep) {
    std::memcpy(c.tail, data + size - keep, keep);
  } else {
    std::memmove(c.tail, c.tail + size, keep - size);
    std::memcpy(c.tail + keep - size, data, size);
  }
}

bool complete(const connection& c) { return std::string_view(c.tail, sizeof c.tail) == last_bytes; }

struct address {
  std::string host;
  std::uint16_t port = 0;
};

address parse_url(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme))
    fail("the URL has to begin with https://");
  url.remove_prefix(scheme.size());
  url = url.substr(0, url.find('/'));
  const auto colon = url.rfind(':');
  if (colon == url.npos)
    fail("the URL needs a port");
  address out;
  out.host = url.substr(0, colon);
  out.port = static_cast<std::uint16_t>(std::atoi(std::string(url.substr(colon + 1)).c_str()));
  return out;
}

int open_socket(const address& to) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0)
    fail("socket");
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(to.port);
  if (::inet_pton(AF_INET, to.host.c_str(), &there.sin_addr) != 1)
    fail("the host has to be an IPv4 address");
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0 && errno != EINPROGRESS)
    fail("connect");
  return descriptor;
}

class loop {
public:
  loop(SSL_CTX* context, const address& to, const std::string& request, std::size_t streams)
      : request_(request), connections_(streams), buffer_(read_size), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (auto& c : connections_) {
      c.descriptor = open_socket(to);
      c.ssl = SSL_new(context);
      if (!c.ssl || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c.ssl), to.host.c_str()) != 1)
        fail("SSL");
      SSL_set_fd(c.ssl, c.descriptor);
      SSL_set_connect_state(c.ssl);
      wait_for(c, EPOLL_CTL_ADD, EPOLLOUT);
    }
  }

  void run() {
    epoll_event ready[512];
    for (auto left = connections_.size(); left > 0;) {
      const int n = ::epoll_wait(epoll_, ready, 512, -1);
      for (int i = 0; i < n; ++i)
        if (!step(*static_cast<connection*>(ready[i].data.ptr)))
          --left;
    }
  }

  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& c : connections_)
      sum += c.bytes;
    return sum;
  }

private:
  void wait_for(connection& c, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &c;
    if (::epoll_ctl(epoll_, operation, c.descriptor, &event) != 0)
      fail("epoll_ctl");
  }

  /// False once the stream has ended.
  bool step(connection& c) {
    if (c.state == connection::connecting)
      c.state = connection::handshaking;
    if (c.state == connection::handshaking) {
      ERR_clear_error();
      const int result = SSL_do_handshake(c.ssl);
      if (result != 1) {
        const int why = SSL_get_error(c.ssl, result);
        if (why == SSL_ERROR_WANT_READ)
          wait_for(c, EPOLL_CTL_MOD, EPOLLIN);
        else if (why == SSL_ERROR_WANT_WRITE)
          wait_for(c, EPOLL_CTL_MOD, EPOLLOUT);
        else
          fail("handshake");
        return true;
      }
      std::size_t written = 0;
      if (SSL_write_ex(c.ssl, request_.data(), request_.size(), &written) != 1 || written != request_.size())
        fail("the request did not fit the socket");
      c.state = connection::reading;
      wait_for(c, EPOLL_CTL_MOD, EPOLLIN);
      return true;
    }
    return receive(c);
  }

  // Level-triggered, without reads that would only return EAGAIN: what OpenSSL has
  // buffered is taken, the rest wakes epoll again.
  bool receive(connection& c) {
    do {
      std::size_t size = 0;
      if (SSL_read_ex(c.ssl, buffer_.data(), buffer_.size(), &size) != 1) {
        if (SSL_get_error(c.ssl, 0) == SSL_ERROR_WANT_READ)
          return true;
        fail("the stream broke");
      }
      remember(c, buffer_.data(), size);
    } while (SSL_has_pending(c.ssl));
    if (!complete(c))
      return true;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, c.descriptor, nullptr);
    return false;
  }

  const std::string& request_;
  std::vector<connection> connections_;
  std::vector<char> buffer_;
  int epoll_;
};

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

} // namespace

int main(int argc, char** argv) {
  if (argc != 5 && !(argc == 7 && std::string_view(argv[5]) == "--cacert")) {
    std::fprintf(stderr, "usage: floor URL STREAMS EVENTS INTERVAL [--cacert FILE]\n");
    return 2;
  }
  const auto to = parse_url(argv[1]);
  const auto streams = std::strtoull(argv[2], nullptr, 10);
  const auto events = std::strtoull(argv[3], nullptr, 10);
  if (streams == 0 || events == 0)
    fail("STREAMS and EVENTS have to be at least 1");

  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (!context)
    fail("SSL_CTX");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (argc == 7 && SSL_CTX_load_verify_locations(context, argv[6], nullptr) != 1)
    fail("the CA file cannot be read");
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, read_size);

  const std::string body = R"({"model":"m","messages":[{"role":"user","content":"Hello"}],"stream":true})";
  const std::string request = std::string("POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n"
                                          "content-type: application/json\r\nx-events: ") +
                              argv[3] + "\r\nx-interval: " + argv[4] +
                              "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;

  loop all(context, to, request, streams);
  all.run();
  // Every event has at least its framing; fewer bytes mean that it did not stream.
  if (all.bytes() < streams * events * 16)
    fail("too few bytes for so many events");

  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const double cpu = seconds(used.ru_utime) + seconds(used.ru_stime);
  const double count = static_cast<double>(streams) * static_cast<double>(events);
  std::printf("streams=%llu events=%.0f cpu=%.3f us/event=%.3f maxrss_kb=%ld\n", streams, count, cpu, cpu * 1e6 / count,
              used.ru_maxrss);
  return 0;
}
