#include "net/tls/certificate.hpp"

#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "net/tls/tls_context.hpp"

namespace weir::inline v0::net {

namespace {

using x509_ptr = std::unique_ptr<X509, openssl_delete<X509_free>>;
using names_ptr = std::unique_ptr<GENERAL_NAMES, openssl_delete<GENERAL_NAMES_free>>;

std::string text_of(const ASN1_STRING* s) {
  unsigned char* utf8 = nullptr;
  const int size = s ? ASN1_STRING_to_UTF8(&utf8, s) : -1;
  std::string text(size > 0 ? reinterpret_cast<const char*>(utf8) : "", size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(utf8);
  return text;
}

std::string entry(const X509_NAME* name, int id) {
  const int at = X509_NAME_get_index_by_NID(name, id, -1);
  return at < 0 ? std::string() : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

std::string first_dns_name(const X509* certificate) {
  const names_ptr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS)
      return text_of(name->d.dNSName);
  }
  return {};
}

} // namespace

peer_certificate describe(const SSL* ssl) {
  peer_certificate out;
  const x509_ptr certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate)
    return out;
  out.subject = first_dns_name(certificate.get());
  if (out.subject.empty())
    out.subject = entry(X509_get_subject_name(certificate.get()), NID_commonName);
  const auto* issuer = X509_get_issuer_name(certificate.get());
  out.issuer = entry(issuer, NID_organizationName);
  if (const auto name = entry(issuer, NID_commonName); !name.empty())
    out.issuer += (out.issuer.empty() ? "" : ", ") + name;
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) == 1)
    out.expires = std::chrono::system_clock::from_time_t(::timegm(&end));
  return out;
}

} // namespace weir::inline v0::net
