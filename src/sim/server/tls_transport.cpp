// TLS directly on the descriptor: no copy through a pair of memory BIOs, which would be most of the cost of a small
// event.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>

#include "sim/server/transport.hpp"

namespace weir::inline v0::sim {

namespace {

// OpenSSL's own socket BIO calls write(), which raises SIGPIPE when the peer has disconnected. These are its two
// functions with flags.
int descriptor_of(BIO* bio) noexcept { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

bool would_block() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = ::recv(descriptor_of(bio), into, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (n < 0 && would_block())
    BIO_set_retry_read(bio);
  return static_cast<int>(n);
}

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = ::send(descriptor_of(bio), from, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0 && would_block())
    BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_method() {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir simulation socket");
  if (method) {
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
  }
  return method;
}

class tls_transport final : public transport {
public:
  tls_transport(int descriptor, SSL_CTX* context) : ssl_(SSL_new(context)) {
    static BIO_METHOD* const method = make_method();
    BIO* const bio = method ? BIO_new(method) : nullptr;
    if (!ssl_ || !bio) {
      SSL_free(ssl_);
      BIO_free(bio);
      throw std::bad_alloc();
    }
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_accept_state(ssl_);
  }
  ~tls_transport() override { SSL_free(ssl_); }
  tls_transport(const tls_transport&) = delete;
  tls_transport& operator=(const tls_transport&) = delete;

  transfer handshake() override {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    return result == 1 ? progress::done : why(result);
  }

  transfer read(std::span<char> into) override {
    ERR_clear_error();
    std::size_t n = 0;
    const int result = SSL_read_ex(ssl_, into.data(), into.size(), &n);
    return result == 1 ? transfer(progress::done, n) : why(result);
  }

  transfer write(std::string_view bytes) override {
    ERR_clear_error();
    std::size_t n = 0;
    const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &n);
    return result == 1 ? transfer(progress::done, n) : why(result);
  }

  progress look() override {
    ERR_clear_error();
    char byte = 0;
    std::size_t n = 0;
    const int result = SSL_peek_ex(ssl_, &byte, 1, &n);
    return result == 1 ? progress::done : why(result);
  }

  void goodbye() override {
    if (broken_ || !SSL_is_init_finished(ssl_))
      return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }

private:
  progress why(int result) noexcept {
    switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return progress::want_read;
    case SSL_ERROR_WANT_WRITE: return progress::want_write;
    case SSL_ERROR_ZERO_RETURN: return progress::ended;
    default: broken_ = true; return progress::failed;
    }
  }

  SSL* ssl_;
  bool broken_ = false;
};

} // namespace

std::unique_ptr<transport> make_tls_transport(int descriptor, const tls_identity& identity) {
  return std::make_unique<tls_transport>(descriptor, identity.context());
}

} // namespace weir::inline v0::sim
