#include "net/tls/tls_stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <new>

#include <weir/core/executor.hpp>

#include "core/async/post_handler.hpp"
#include "core/async/ration.hpp"
#include "net/dial/resolver.hpp"
#include "net/tls/tls_bio.hpp"
#include "net/wait.hpp"

namespace weir::inline v0::net {

namespace asio = boost::asio;

namespace {

// What the caller can do about a certificate that was refused.
std::string_view advice(long verdict) {
  switch (verdict) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return "check this machine's clock; if it is right, the server needs a new certificate";
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH: return "the certificate is for another name; check the URL";
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_CERT_UNTRUSTED:
    return "if the server is a private one, give its CA with options::ca_file (--cacert) or SSL_CERT_FILE; if it is "
           "public, "
           "install ca-certificates";
  case X509_V_ERR_EE_KEY_TOO_SMALL:
  case X509_V_ERR_CA_KEY_TOO_SMALL:
  case X509_V_ERR_CA_MD_TOO_WEAK: return "the server needs a certificate with RSA 2048 or EC and SHA-256";
  default: return "the server needs another certificate";
  }
}

bool rejects_client(int reason) {
  switch (reason) {
  case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
  case SSL_R_TLSV1_ALERT_ACCESS_DENIED: return true;
  default: return false;
  }
}

// From the peer, in one call: well above what one of our reads and a complete record need.
constexpr std::size_t call_limit = 256u << 10;

// While bytes come more often than each `long_gap`, as they have a few times now, OpenSSL keeps its buffers.
constexpr duration long_gap = std::chrono::milliseconds(50);
constexpr int few_gaps = 4;

std::string offered(const std::vector<std::string>& protocols) {
  std::string out;
  for (const auto& p : protocols) {
    out += static_cast<char>(p.size());
    out += p;
  }
  return out;
}

} // namespace

int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* t = static_cast<tls_stream*>(SSL_get_app_data(ssl));
  if (!t)
    return 0;
  t->keep(ssl_session_ptr(session));
  return 1;
}

tls_stream::tls_stream(asio::any_io_executor ex, stream_ptr inner, std::shared_ptr<tls_context> context, tls_peer peer,
                       const time_source& time)
    : executor_(std::move(ex)), time_(time), inner_(std::move(inner)), context_(std::move(context)),
      peer_(std::move(peer)), ssl_(SSL_new(context_->native())), started_(time.now()), verified_(started_) {
  if (!ssl_)
    throw std::bad_alloc();
  SSL* ssl = ssl_.get();
  SSL_set_app_data(ssl, this);
  BIO* bio = make_stream_bio(*this);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_connect_state(ssl);

  const auto name = peer_.name();
  auto* param = SSL_get0_param(ssl);
  // Server Name Indication is for names only (RFC 6066, section 3).
  const bool set = ip_literal(name) ? X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) == 1
                                    : X509_VERIFY_PARAM_set1_host(param, name.c_str(), name.size()) == 1 &&
                                          SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
  if (name.empty() || !set)
    throw error(errc::malformed_url, "TLS cannot verify a server named " + peer_text());
  const auto protocols = offered(peer_.alpn);
  if (!protocols.empty())
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  if (context_->resumes()) {
    if (auto known = context_->sessions().take(peer_.session_key(), started_); known.session) {
      SSL_set_session(ssl, known.session.get());
      verified_ = known.verified;
    }
  }
}

tls_stream::~tls_stream() { close(); }

std::string tls_stream::peer_text() const { return origin("https", peer_.host, peer_.port).authority(); }

// Before each call that may read.
void tls_stream::begin() noexcept {
  ERR_clear_error();
  left_ = call_limit;
}

tls_stream::progress tls_stream::handshake() {
  begin();
  const int r = SSL_do_handshake(ssl_.get());
  if (r != 1) {
    switch (SSL_get_error(ssl_.get(), r)) {
    case SSL_ERROR_WANT_READ: return left_ == 0 ? progress::give_way : progress::wait_read;
    case SSL_ERROR_WANT_WRITE: return progress::wait_write;
    default: handshake_failed(r);
    }
  }
  check_alpn();
  established_ = true;
  resumed_ = SSL_session_reused(ssl_.get()) == 1;
  if (!resumed_)
    verified_ = started_;
  if (early_session_)
    keep(std::move(early_session_));
  return progress::done;
}

void tls_stream::handshake_failed(int result) {
  const int kind = SSL_get_error(ssl_.get(), result);
  const auto code = ERR_peek_last_error();
  const auto verdict = SSL_get_verify_result(ssl_.get());
  failure_ = errc::tls_failed;
  if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK)
    throw error(errc::certificate_rejected, "the certificate of " + peer_text() + " was not accepted (" +
                                                X509_verify_cert_error_string(verdict) +
                                                "): " + std::string(advice(verdict)));
  if (kind == SSL_ERROR_SYSCALL || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    const auto why = inner_error_ ? inner_error_.message() : std::string("the server closed the connection");
    throw error(errc::connect_failed, "the connection to " + peer_text() + " broke during the TLS handshake: " + why);
  }
  std::string advice;
  if (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
    advice = "; the server does not speak TLS on this port: is it an http:// URL?";
  else if (rejects_client(ERR_GET_REASON(code)))
    advice = "; the server requires a client certificate that it accepts: set tls_settings::client_cert";
  throw error(errc::tls_failed, "the TLS handshake with " + peer_text() + " failed: " + take_openssl_error() + advice);
}

void tls_stream::check_alpn() {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
  alpn_.assign(reinterpret_cast<const char*>(chosen), size);
  // A server without ALPN speaks HTTP/1.1. Only in TLS 1.3 does OpenSSL itself refuse a protocol that was not offered.
  for (const auto& p : peer_.alpn)
    if (alpn_ == p)
      return;
  if (!alpn_.empty())
    throw error(errc::tls_failed, "the server " + peer_text() + " chose a protocol that was not offered");
}

void tls_stream::keep(ssl_session_ptr session) {
  if (!established_)
    early_session_ = std::move(session);
  else
    context_->sessions().store(peer_.session_key(), tls_sessions::entry(std::move(session), verified_));
}

error_code tls_stream::error_after(int result, direction own) {
  auto& wants = own == direction::read ? read_wants_ : write_wants_;
  switch (SSL_get_error(ssl_.get(), result)) {
  case SSL_ERROR_WANT_READ: wants = left_ == 0 ? need::turn : need::read; return asio::error::would_block;
  case SSL_ERROR_WANT_WRITE: wants = need::write; return asio::error::would_block;
  case SSL_ERROR_ZERO_RETURN: failure_ = asio::error::eof; break;
  case SSL_ERROR_SYSCALL: failure_ = inner_error_ ? inner_error_ : make_error_code(errc::connection_lost); break;
  default:
    // In TLS 1.3 a server rejects the client's certificate after the client's handshake is over.
    failure_ = rejects_client(ERR_GET_REASON(ERR_peek_last_error())) ? errc::tls_failed : errc::connection_lost;
  }
  return failure_;
}

std::size_t tls_stream::read_some(asio::mutable_buffer buffer, error_code& ec) {
  ec = failure_;
  if (ec)
    return 0;
  begin();
  auto* data = static_cast<char*>(buffer.data());
  std::size_t total = 0;
  while (total < buffer.size()) {
    std::size_t n = 0;
    const int r = SSL_read_ex(ssl_.get(), data + total, buffer.size() - total, &n);
    if (r != 1) {
      const auto why = error_after(r, direction::read);
      if (total == 0)
        ec = why;
      break;
    }
    total += n;
  }
  return total;
}

std::size_t tls_stream::write_some(asio::const_buffer buffer, error_code& ec) {
  // After close_notify from the peer writing may go on, in principle; HTTP has no use for it.
  ec = failure_;
  if (ec || buffer.size() == 0)
    return 0;
  begin();
  std::size_t n = 0;
  const int r = SSL_write_ex(ssl_.get(), buffer.data(), buffer.size(), &n);
  if (r != 1)
    ec = error_after(r, direction::write);
  write_pending_ = ec == asio::error::would_block;
  short_gaps_ = 0;
  return r == 1 ? n : 0;
}

void tls_stream::async_wait(direction d, wait_handler handler) {
  const auto wanted = d == direction::read ? read_wants_ : write_wants_;
  if (d == direction::read && wanted == need::read)
    give_buffers_back();
  // Bytes that are left to read must not be waited for: a stream below may have them already.
  if (wanted == need::turn)
    post_handler(executor_, std::move(handler), error_code());
  else
    inner_->async_wait(wanted == need::read ? direction::read : direction::write, std::move(handler));
}

// OpenSSL's two, of 16 KiB and of a fragment, before what may be a long wait: for an answer to what was just written,
// or for a peer that is slow. A session ticket makes OpenSSL allocate both, and keep them.
void tls_stream::give_buffers_back() noexcept {
  const auto now = time_.now();
  short_gaps_ = now < after(waited_at_, long_gap) ? std::min(short_gaps_ + 1, few_gaps) : 0;
  waited_at_ = now;
  // It keeps those that hold a part of a record.
  if (short_gaps_ < few_gaps && !write_pending_)
    SSL_free_buffers(ssl_.get());
}

void tls_stream::close() noexcept {
  if (closed_)
    return;
  closed_ = true;
  if (established_ && !write_pending_ && (!failure_ || failure_ == asio::error::eof)) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  // Otherwise OpenSSL takes the missing close_notify for a reason not to resume the session.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  failure_ = asio::error::operation_aborted;
  inner_->close();
}

bool tls_stream::idle_and_healthy() noexcept {
  if (failure_ || write_pending_)
    return false;
  if (inner_->idle_and_healthy() && SSL_has_pending(ssl_.get()) == 0)
    return true;
  // Tickets and key updates are consumed here, and are no reason to discard a connection.
  begin();
  char unrequested;
  std::size_t n = 0;
  const int r = SSL_peek_ex(ssl_.get(), &unrequested, 1, &n);
  return r != 1 && error_after(r, direction::read) == asio::error::would_block && read_wants_ != need::turn;
}

asio::awaitable<stream_ptr> tls_connect(stream_ptr inner, std::shared_ptr<tls_context> context, tls_peer peer) {
  const auto ex = co_await asio::this_coro::executor;
  auto made = std::make_unique<tls_stream>(scope_of(ex)->inner(), std::move(inner), std::move(context), std::move(peer),
                                           time_of(ex));
  for (;;) {
    switch (made->handshake()) {
    case tls_stream::progress::done: co_return made;
    case tls_stream::progress::wait_read: co_await ready(made->inner(), direction::read); break;
    case tls_stream::progress::wait_write: co_await ready(made->inner(), direction::write); break;
    case tls_stream::progress::give_way: co_await give_way(); break;
    }
  }
}

} // namespace weir::inline v0::net
