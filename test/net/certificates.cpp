#include "net/certificates.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace test {

namespace {

void require(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error(std::string("making a test certificate failed: ") + what);
}

void add_extension(X509* certificate, X509* issuer, const char* name, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> made(
      X509V3_EXT_conf(nullptr, &context, name, value.c_str()), X509_EXTENSION_free);
  require(made && X509_add_ext(certificate, made.get(), -1) == 1, name);
}

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  require(write(bio.get()) == 1, "PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

} // namespace

std::string key_and_certificate::certificate_pem() const {
  return pem([&](BIO* b) { return PEM_write_bio_X509(b, certificate.get()); });
}

std::string key_and_certificate::key_pem() const {
  return pem([&](BIO* b) { return PEM_write_bio_PrivateKey(b, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

key_and_certificate make_certificate(const certificate_recipe& recipe, const key_and_certificate* issuer) {
  static std::atomic<long> serial{1};
  key_and_certificate out;
  out.key.reset(recipe.rsa_bits ? EVP_RSA_gen(static_cast<unsigned>(recipe.rsa_bits)) : EVP_EC_gen("P-256"),
                EVP_PKEY_free);
  require(out.key != nullptr, "key");
  out.certificate.reset(X509_new(), X509_free);
  X509* c = out.certificate.get();
  X509_set_version(c, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(c), serial++);
  X509_gmtime_adj(X509_getm_notBefore(c), std::chrono::seconds(recipe.begins).count());
  X509_gmtime_adj(X509_getm_notAfter(c), std::chrono::seconds(recipe.ends).count());
  X509_set_pubkey(c, out.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(recipe.common_name.c_str()), -1, -1, 0);
  X509* signer = issuer ? issuer->certificate.get() : c;
  X509_set_issuer_name(c, X509_get_subject_name(signer));
  add_extension(c, signer, "basicConstraints", recipe.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (recipe.ca)
    add_extension(c, signer, "keyUsage", "critical,keyCertSign,cRLSign");
  else if (!recipe.purposes.empty())
    add_extension(c, signer, "extendedKeyUsage", recipe.purposes);
  if (!recipe.alternative_names.empty())
    add_extension(c, signer, "subjectAltName", recipe.alternative_names);
  if (!recipe.more_extension_name.empty())
    add_extension(c, signer, recipe.more_extension_name.c_str(), recipe.more_extension);
  require(X509_sign(c, issuer ? issuer->key.get() : out.key.get(), recipe.digest) > 0, "signature");
  return out;
}

key_and_certificate make_ca(const std::string& name, const key_and_certificate* issuer) {
  certificate_recipe recipe;
  recipe.common_name = name;
  recipe.ca = true;
  return make_certificate(recipe, issuer);
}

temporary_file::temporary_file(const std::string& content) {
  const char* folder = std::getenv("TMPDIR");
  path_ = std::string(folder ? folder : "/tmp") + "/weir-test-XXXXXX";
  const int fd = ::mkstemp(path_.data());
  if (fd < 0)
    throw std::runtime_error("cannot make a temporary file");
  ::close(fd);
  std::ofstream(path_) << content;
}

temporary_file::~temporary_file() { std::remove(path_.c_str()); }

} // namespace test
