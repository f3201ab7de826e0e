#include "sim/server/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstring>

#include <weir/core/error.hpp>

namespace weir::inline v0::sim {

namespace {

template <auto Free>
class freed_by {
public:
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;

[[noreturn]] void give_up(const char* step) {
  throw error(errc::tls_failed, std::string("cannot create the simulation's certificates: ") + step);
}

key_ptr new_key() {
  key_ptr key(EVP_EC_gen("P-256"));
  if (!key)
    give_up("key");
  return key;
}

void add_extension(X509* subject, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  if (!extension || X509_add_ext(subject, extension.get(), -1) != 1)
    give_up("extension");
}

void set_name(X509_NAME* name, const char* common_name) {
  if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name), -1, -1,
                                 0) != 1)
    give_up("name");
}

void set_serial(X509* certificate) {
  unsigned char bytes[8];
  if (RAND_bytes(bytes, sizeof bytes) != 1)
    give_up("serial number");
  std::uint64_t serial = 0;
  std::memcpy(&serial, bytes, sizeof serial);
  if (ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial | 1) != 1)
    give_up("serial number");
}

/// A certificate without extensions, valid from `from` to `to` (seconds from now).
x509_ptr blank(EVP_PKEY* key, const char* common_name, long from, long to) {
  x509_ptr certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1)
    give_up("certificate");
  set_serial(certificate.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to);
  set_name(X509_get_subject_name(certificate.get()), common_name);
  if (X509_set_pubkey(certificate.get(), key) != 1)
    give_up("public key");
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1 ||
      X509_sign(certificate, issuer_key, EVP_sha256()) == 0)
    give_up("signature");
}

constexpr long hour = 3600;
constexpr long year = 365 * 24 * hour;

x509_ptr new_authority(EVP_PKEY* key) {
  auto certificate = blank(key, "weir simulation CA", -hour, 10 * year);
  add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
  sign(certificate.get(), certificate.get(), key);
  return certificate;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

} // namespace

class authority::keys {
public:
  keys() : key(new_key()), certificate(new_authority(key.get())) {}
  key_ptr key;
  x509_ptr certificate;
};

authority::authority() : keys_(std::make_unique<keys>()) {
  std::unique_ptr<BIO, freed_by<BIO_free_all>> memory(BIO_new(BIO_s_mem()));
  if (!memory || PEM_write_bio_X509(memory.get(), keys_->certificate.get()) != 1)
    give_up("PEM");
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  pem_.assign(text, static_cast<std::size_t>(size));
}

authority::~authority() = default;

tls_identity authority::issue(certificate kind) const {
  const auto key = new_key();
  const bool expired = kind == certificate::expired;
  const auto leaf = blank(key.get(), "weir simulation", expired ? -48 * hour : -hour, expired ? -24 * hour : year);
  const keys stranger;
  const keys& issuer = kind == certificate::unknown_ca ? stranger : *keys_;
  const bool self_signed = kind == certificate::self_signed;
  X509* const signer = self_signed ? leaf.get() : issuer.certificate.get();

  add_extension(leaf.get(), signer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf.get(), signer, NID_key_usage, "critical,digitalSignature");
  add_extension(leaf.get(), signer, NID_ext_key_usage, "serverAuth");
  add_extension(leaf.get(), signer, NID_subject_alt_name,
                kind == certificate::wrong_host ? "DNS:elsewhere.invalid" : "DNS:localhost,IP:127.0.0.1,IP:::1");
  // The authorities of several simulated providers share one name; only this tells them apart.
  if (!self_signed)
    add_extension(leaf.get(), signer, NID_authority_key_identifier, "keyid");
  sign(leaf.get(), signer, self_signed ? key.get() : issuer.key.get());

  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context || SSL_CTX_use_certificate(context.get(), leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
    give_up("context");
  static constexpr unsigned char session_context[] = "weir-sim";
  SSL_CTX_set_session_id_context(context.get(), session_context, sizeof session_context - 1);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return tls_identity(std::move(context));
}

} // namespace weir::inline v0::sim
