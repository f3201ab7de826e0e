#include "net/tls/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "net/tls/tls_stream.hpp"

namespace weir::inline v0::net {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& file) {
  throw error(errc::invalid_configuration, what + ' ' + file + " cannot be used: " + take_openssl_error());
}

// OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

// The settings and which files they name, as these are now.
std::string text_of(const tls_settings& s) {
  std::string all(s.min_version() == tls_version::v1_3 ? "1.3" : "1.2");
  const auto add = [&all](const std::string& path) {
    struct stat found{};
    all.append(1, '\n').append(path);
    if (!path.empty() && ::stat(path.c_str(), &found) == 0)
      for (const auto n : {std::intmax_t(found.st_dev), std::intmax_t(found.st_ino), std::intmax_t(found.st_size),
                           std::intmax_t(found.st_mtim.tv_sec), std::intmax_t(found.st_mtim.tv_nsec)})
        all.append(1, ' ').append(std::to_string(n));
  };
  add(s.ca_file());
  add(s.client_cert());
  add(s.client_key());
  if (!s.ca_file().empty())
    return all;
  // As OpenSSL finds what the system trusts.
  const char* file = std::getenv(X509_get_default_cert_file_env());
  const char* folder = std::getenv(X509_get_default_cert_dir_env());
  add(file ? file : X509_get_default_cert_file());
  add(folder ? folder : X509_get_default_cert_dir());
  return all;
}

// Those that are in use, by text_of(). Thread safety: safe.
class contexts {
public:
  // Never destroyed: clients may end later than everything else.
  static contexts& of_process() {
    static auto& all = *new contexts;
    return all;
  }

  std::shared_ptr<tls_context> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(key);
    return found == all_.end() ? nullptr : found->second.lock();
  }
  // Or the one that another thread has made meanwhile.
  std::shared_ptr<tls_context> keep(const std::string& key, std::shared_ptr<tls_context> made) {
    const std::lock_guard lock(mutex_);
    auto& here = all_[key];
    if (auto other = here.lock())
      return other;
    here = made;
    return made;
  }
  void forget(const std::string& key) noexcept {
    const std::lock_guard lock(mutex_);
    if (const auto found = all_.find(key); found != all_.end() && found->second.expired())
      all_.erase(found);
  }

private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<tls_context>> all_;
};

bool still_valid(SSL_SESSION* session) {
  const X509* certificate = SSL_SESSION_get0_peer(session);
  return certificate && X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

} // namespace

std::string take_openssl_error() {
  // The entries after the system's own error only say that there was one.
  unsigned long code = 0;
  while (const auto next = ERR_get_error())
    if (!code || !ERR_SYSTEM_ERROR(code))
      code = next;
  if (ERR_SYSTEM_ERROR(code))
    return boost::system::system_category().message(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "unknown reason";
}

std::string tls_peer::name() const {
  return host.size() > 1 && host.back() == '.' ? host.substr(0, host.size() - 1) : host;
}

std::string tls_peer::session_key() const {
  // No part can contain a line break.
  std::string key = name() + '\n' + std::to_string(port) + '\n' + via;
  for (const auto& protocol : alpn)
    key += '\n' + protocol;
  return key;
}

void tls_sessions::store(const std::string& key, entry e) {
  std::lock_guard lock(mutex_);
  auto& here = hosts_[key];
  here.stored = ++stores_;
  here.entries.push_back(std::move(e));
  if (here.entries.size() > max_per_key)
    here.entries.pop_front();
  if (hosts_.size() > max_keys)
    hosts_.erase(std::min_element(hosts_.begin(), hosts_.end(),
                                  [](const auto& a, const auto& b) { return a.second.stored < b.second.stored; }));
}

tls_sessions::entry tls_sessions::take(const std::string& key, time_point now) {
  std::lock_guard lock(mutex_);
  const auto found = hosts_.find(key);
  if (found == hosts_.end())
    return entry();
  auto& entries = found->second.entries;
  std::erase_if(entries, [now](const entry& e) {
    return now >= after(e.verified, max_age) || !SSL_SESSION_is_resumable(e.session.get()) ||
           !still_valid(e.session.get());
  });
  if (entries.empty()) {
    hosts_.erase(found);
    return entry();
  }
  auto& newest = entries.back();
  SSL_SESSION_up_ref(newest.session.get());
  entry out(ssl_session_ptr(newest.session.get()), newest.verified);
  if (entries.size() > 1)
    entries.pop_back();
  return out;
}

std::size_t tls_sessions::size() const {
  std::lock_guard lock(mutex_);
  std::size_t n = 0;
  for (const auto& [key, here] : hosts_)
    n += here.entries.size();
  return n;
}

tls_context::tls_context(tls_settings settings) : settings_(std::move(settings)) {
  ERR_clear_error();
  ctx_.reset(SSL_CTX_new(TLS_client_method()));
  if (!ctx_)
    throw error(errc::tls_failed, "OpenSSL cannot be used: " + take_openssl_error());
  SSL_CTX* ctx = ctx_.get();

  // Distributions differ in their defaults: nothing is left to them.
  SSL_CTX_set_min_proto_version(ctx, settings_.min_version() == tls_version::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_security_level(ctx, 2);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM_set_hostflags(SSL_CTX_get0_param(ctx),
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  SSL_CTX_clear_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT);
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);

  // One read from the socket takes many small records. Its buffers are given back before long waits, not, as by
  // SSL_MODE_RELEASE_BUFFERS, after each record: see tls_stream::give_buffers_back().
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Prompts are small: a smaller buffer for writing.
  SSL_CTX_set_max_send_fragment(ctx, 4096);

  SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
  if (!settings_.ca_file().empty() && SSL_CTX_load_verify_file(ctx, settings_.ca_file().c_str()) != 1)
    refuse("the CA file", settings_.ca_file());
  ERR_clear_error();
  if (!settings_.client_cert().empty()) {
    if (SSL_CTX_use_certificate_chain_file(ctx, settings_.client_cert().c_str()) != 1)
      refuse("the client certificate", settings_.client_cert());
    const auto& key = settings_.client_key().empty() ? settings_.client_cert() : settings_.client_key();
    if (SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
      refuse("the client key", key);
  }

  if (resumes()) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
  } else {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  }
}

void tls_context::read_trust() noexcept {
  if (!settings_.ca_file().empty())
    return;
  std::call_once(trust_read_, [this] {
    SSL_CTX_set_default_verify_paths(ctx_.get());
    ERR_clear_error();
  });
}

std::shared_ptr<tls_context> tls_context::of(const tls_settings& settings) {
  auto key = text_of(settings);
  auto& all = contexts::of_process();
  if (auto made = all.find(key))
    return made;
  auto made = std::shared_ptr<tls_context>(new tls_context(settings), [key, &all](const tls_context* c) {
    delete c;
    all.forget(key);
  });
  return all.keep(key, std::move(made));
}

} // namespace weir::inline v0::net
