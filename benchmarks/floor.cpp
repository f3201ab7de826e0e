// The cost of the kernel and OpenSSL alone: the same bytes as a client's, read by one epoll loop that decodes nothing.
// As lean as it gets: one edge-triggered registration for each connection, one recv for each wake-up, OpenSSL's default
// modes, sessions resumed where the server lets them.
//
//     floor URL STREAMS EVENTS INTERVAL [--cacert FILE]        against `weir sim`, for streams.sh
//     floor stream|call URL CA_FILE MODEL N M                  for benchmarks/compare
//
// A stream counts as read when the last chunk arrives, right after [DONE]; a whole answer when as many bytes have come
// as the first one had. The server is trusted to have sent what it should before.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "compare/clients/task.hpp"

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "floor: %s\n", what);
  ERR_print_errors_fp(stderr);
  std::exit(1);
}

constexpr std::string_view last_bytes = "data: [DONE]\n\n\r\n0\r\n\r\n";

struct connection {
  int descriptor = -1;
  SSL* ssl = nullptr;
  bool ready = false;
  bool drained = false; ///< The last recv left nothing.
  std::uint64_t bytes = 0;
  char tail[last_bytes.size()] = {};
};

// OpenSSL's own BIO of a socket does not tell whether there may be more, which an edge-triggered wait has to know.
int bio_read(BIO* bio, char* into, int size) {
  auto& c = *static_cast<connection*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto n = ::recv(c.descriptor, into, static_cast<std::size_t>(size), 0);
  c.drained = n < size;
  if (n < 0 && errno == EAGAIN)
    BIO_set_retry_read(bio);
  return static_cast<int>(n);
}

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = ::send(static_cast<connection*>(BIO_get_data(bio))->descriptor, from, static_cast<std::size_t>(size),
                        MSG_NOSIGNAL);
  if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
    BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH; }

BIO* make_bio(connection& c) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "floor");
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_ctrl(m, bio_control);
    return m;
  }();
  BIO* const bio = BIO_new(method);
  BIO_set_data(bio, &c);
  BIO_set_init(bio, 1);
  return bio;
}

SSL_SESSION* session = nullptr;

int keep_session(SSL*, SSL_SESSION* fresh) {
  SSL_SESSION_free(session);
  session = fresh;
  return 1;
}

class loop {
public:
  loop(SSL_CTX* context, const std::string& host, const std::string& port, std::string request, bool streamed,
       std::uint64_t parallel, std::uint64_t answers)
      : context_(context), host_(host), request_(std::move(request)), streamed_(streamed), unasked_(answers),
        left_(answers), connections_(parallel), buffer_(64u << 10), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    there_.sin_family = AF_INET;
    there_.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port.c_str())));
    if (::inet_pton(AF_INET, host.c_str(), &there_.sin_addr) != 1)
      fail("the host has to be an IPv4 address");
  }

  void run() {
    for (auto& c : connections_)
      open(c);
    epoll_event ready[512];
    while (left_ > 0) {
      const int n = ::epoll_wait(epoll_, ready, 512, -1);
      for (int i = 0; i < n; ++i)
        step(*static_cast<connection*>(ready[i].data.ptr));
    }
  }

  std::uint64_t bytes() const { return received_; }

private:
  void open(connection& c) {
    c = connection();
    c.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (c.descriptor < 0 || ::setsockopt(c.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
      fail("socket");
    if (::connect(c.descriptor, reinterpret_cast<const sockaddr*>(&there_), sizeof there_) != 0 && errno != EINPROGRESS)
      fail("connect");
    c.ssl = SSL_new(context_);
    if (!c.ssl || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c.ssl), host_.c_str()) != 1)
      fail("SSL");
    if (session)
      SSL_set_session(c.ssl, session);
    BIO* const bio = make_bio(c);
    SSL_set_bio(c.ssl, bio, bio);
    SSL_set_connect_state(c.ssl);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &c;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.descriptor, &event) != 0)
      fail("epoll_ctl");
  }

  void close(connection& c) {
    SSL_set_shutdown(c.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(c.ssl);
    ::close(c.descriptor);
    c.ssl = nullptr;
  }

  void step(connection& c) {
    if (!c.ssl)
      return;
    if (!c.ready) {
      const int result = SSL_do_handshake(c.ssl);
      if (result != 1) {
        const int why = SSL_get_error(c.ssl, result);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
          fail("handshake");
        return;
      }
      c.ready = true;
      ask(c);
    }
    receive(c);
  }

  void ask(connection& c) {
    if (unasked_ == 0)
      return;
    --unasked_;
    std::size_t written = 0;
    if (SSL_write_ex(c.ssl, request_.data(), request_.size(), &written) != 1 || written != request_.size())
      fail("the request did not fit the socket");
  }

  void receive(connection& c) {
    do {
      std::size_t size = 0;
      if (SSL_read_ex(c.ssl, buffer_.data(), buffer_.size(), &size) != 1) {
        const int why = SSL_get_error(c.ssl, 0);
        if (why == SSL_ERROR_WANT_READ)
          return;
        // An answer whose connection ends with it was complete, or left_ never becomes 0.
        fail("a connection ended early");
      }
      received_ += size;
      c.bytes += size;
      if (streamed_ ? ended(c, size) : c.bytes >= answer_size(size)) {
        --left_;
        c.bytes = 0;
        if (closing_) {
          close(c);
          if (unasked_ > 0)
            open(c);
          return;
        }
        ask(c);
      }
    } while (!c.drained || SSL_has_pending(c.ssl));
  }

  bool ended(connection& c, std::size_t size) {
    constexpr auto keep = sizeof c.tail;
    if (size >= keep) {
      std::memcpy(c.tail, buffer_.data() + size - keep, keep);
    } else {
      std::memmove(c.tail, c.tail + size, keep - size);
      std::memcpy(c.tail + keep - size, buffer_.data(), size);
    }
    return std::memcmp(c.tail, last_bytes.data(), keep) == 0;
  }

  // Learned from the first answer: all are alike.
  std::uint64_t answer_size(std::size_t size) {
    if (size_ == 0) {
      const std::string_view head(buffer_.data(), size);
      const auto length = head.find("Content-Length: "), end = head.find("\r\n\r\n");
      if (length == head.npos || end == head.npos)
        fail("an answer without a content-length");
      size_ = end + 4 + std::strtoull(buffer_.data() + length + 16, nullptr, 10);
      closing_ = head.substr(0, end).find("Connection: close") != head.npos;
    }
    return size_;
  }

  SSL_CTX* context_;
  sockaddr_in there_{};
  std::string host_, request_;
  bool streamed_, closing_ = false;
  std::uint64_t unasked_, left_, size_ = 0, received_ = 0;
  std::vector<connection> connections_;
  std::vector<char> buffer_;
  int epoll_;
};

SSL_CTX* make_context(const char* ca_file) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (!context)
    fail("SSL_CTX");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (ca_file && SSL_CTX_load_verify_locations(context, ca_file, nullptr) != 1)
    fail("the CA file cannot be read");
  // A record's header and the rest of it in one recv.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  return context;
}

int compare_task(int argc, char** argv) {
  const compare::task todo(argc, argv);
  loop all(make_context(todo.ca_file.c_str()), todo.host(), todo.port(), todo.request(), todo.streamed, todo.parallel(),
           todo.streamed ? todo.streams : todo.calls);
  all.run();
  compare::report(todo.streamed ? todo.streams * todo.tokens : todo.calls);
  return 0;
}

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

} // namespace

int main(int argc, char** argv) try {
  if (argc == 7 && std::string_view(argv[5]) != "--cacert")
    return compare_task(argc, argv);
  if (argc != 5 && argc != 7)
    throw std::invalid_argument("usage: floor URL STREAMS EVENTS INTERVAL [--cacert FILE]");
  // Of streams.sh: the simulated provider takes counts and intervals from headers.
  char* as_task[] = {
      argv[0], const_cast<char*>("stream"), argv[1], argv[argc == 7 ? 6 : 0], const_cast<char*>("m"), argv[2], argv[3]};
  const compare::task todo(7, as_task);
  auto request = todo.request();
  request.insert(request.find("\r\n") + 2, std::string("x-events: ") + argv[3] + "\r\nx-interval: " + argv[4] + "\r\n");
  loop all(make_context(argc == 7 ? argv[6] : nullptr), todo.host(), todo.port(), request, true, todo.streams,
           todo.streams);
  all.run();
  // Every event has at least its framing; fewer bytes mean that it did not stream.
  if (all.bytes() < todo.streams * todo.tokens * 16)
    fail("too few bytes for so many events");

  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const double cpu = seconds(used.ru_utime) + seconds(used.ru_stime);
  const double count = static_cast<double>(todo.streams) * static_cast<double>(todo.tokens);
  std::printf("streams=%s events=%.0f cpu=%.3f us/event=%.3f maxrss_kb=%ld\n", argv[2], count, cpu, cpu * 1e6 / count,
              used.ru_maxrss);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "floor: %s\n", e.what());
  return 1;
}
