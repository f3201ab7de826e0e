// Certificates made in the process, good and bad.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <memory>
#include <string>

namespace test {

class key_and_certificate {
public:
  key_and_certificate() = default;
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;

  std::string certificate_pem() const;
  std::string key_pem() const;
};

/// What goes into a certificate; the defaults make a good one for a server.
class certificate_recipe {
public:
  certificate_recipe() = default;
  std::string common_name = "server";
  std::string alternative_names;                   ///< `DNS:…,IP:…`; empty: none.
  std::string purposes = "serverAuth";             ///< Empty: no extended key usage.
  std::string more_extension_name, more_extension; ///< One more, in openssl.cnf's syntax.
  bool ca = false;
  int rsa_bits = 0; ///< 0: an EC key on P-256.
  const EVP_MD* digest = EVP_sha256();
  std::chrono::hours begins{-24}, ends{24};
};

/// `issuer` null: signed by itself.
key_and_certificate make_certificate(const certificate_recipe& recipe, const key_and_certificate* issuer = nullptr);
key_and_certificate make_ca(const std::string& name, const key_and_certificate* issuer = nullptr);

/// A file that is removed again.
class temporary_file {
public:
  explicit temporary_file(const std::string& content);
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file();
  const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
};

} // namespace test
