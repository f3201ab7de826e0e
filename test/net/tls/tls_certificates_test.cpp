// Certificates: which are accepted, and why others are not.
#include <doctest/doctest.h>

#include <ctime>

#include <weir/net/settings.hpp>

#include "net/certificates.hpp"
#include "net/dial/connector.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"
#include "net/tls/tls_fixture.hpp"

using namespace std::chrono_literals;
using test::certificate_recipe;
using test::key_and_certificate;
using test::make_certificate;
using weir::errc;

namespace {

certificate_recipe named(const std::string& names) {
  certificate_recipe r;
  r.alternative_names = names;
  return r;
}

weir::failure connect_with(const key_and_certificate& identity, const std::string& host,
                           std::vector<key_and_certificate> intermediates = {}) {
  test::tls_server_options options;
  options.identity = identity;
  options.intermediates = std::move(intermediates);
  test::tls_server server(options);
  return test::connect_to(host, server.port(), test::trusting(test::root_ca()));
}

weir::failure connect_with(const certificate_recipe& recipe, const std::string& host) {
  return connect_with(make_certificate(recipe, &test::root_ca()), host);
}

void check_rejected(const weir::failure& f, const std::string& word) {
  CHECK_MESSAGE(f.code() == errc::certificate_rejected, f.message());
  CHECK_MESSAGE(f.message().find(word) != std::string::npos, f.message());
}

} // namespace

TEST_CASE("a certificate for the name that was requested is accepted") {
  const std::pair<const char*, const char*> cases[] = {
      {"DNS:api.weir.test", "api.weir.test"},
      {"DNS:api.weir.test", "api.weir.test."},
      {"DNS:API.weir.TEST", "api.weir.test"},
      {"DNS:*.weir.test", "api.weir.test"},
      {"DNS:other.test,DNS:api.weir.test", "api.weir.test"},
      {"IP:127.0.0.1", "127.0.0.1"},
      {"DNS:localhost", "localhost"},
  };
  for (const auto& [names, host] : cases) {
    const auto f = connect_with(named(names), host);
    CHECK_MESSAGE(!f, host, " with ", names, ": ", f.message());
  }
}

TEST_CASE("a certificate for another name is rejected") {
  const std::pair<const char*, const char*> cases[] = {
      {"DNS:other.test", "api.weir.test"},
      {"DNS:weir.test", "api.weir.test"},
      {"DNS:*.weir.test", "weir.test"},
      {"DNS:*.weir.test", "a.b.weir.test"},
      {"DNS:ap*.weir.test", "api.weir.test"},
      {"DNS:a*i.weir.test", "api.weir.test"},
      {"DNS:*pi.weir.test", "api.weir.test"},
      {"DNS:api.*.test", "api.weir.test"},
      {"DNS:*.*.test", "api.weir.test"},
      {"DNS:*.test", "weir.test"},
      {"DNS:*", "localhost"},
      {"IP:127.0.0.2", "127.0.0.1"},
      {"DNS:127.0.0.1", "127.0.0.1"},
      {"DNS:*.0.0.1", "127.0.0.1"},
      {"IP:127.0.0.1", "localhost"},
      {"URI:https://api.weir.test", "api.weir.test"},
      {"email:api@api.weir.test", "api.weir.test"},
      {"DNS:api.weir.test.evil.test", "api.weir.test"},
      {"DNS:xapi.weir.test", "api.weir.test"},
  };
  for (const auto& [names, host] : cases) {
    const auto f = connect_with(named(names), host);
    CHECK_MESSAGE(f.code() == errc::certificate_rejected, host, " with ", names, ": ", f.message());
  }
}

TEST_CASE("a name in the subject alone does not count") {
  certificate_recipe r;
  r.common_name = "api.weir.test";
  check_rejected(connect_with(r, "api.weir.test"), "hostname mismatch");
}

TEST_CASE("a certificate outside its validity period is rejected with advice about the clock") {
  auto r = named("DNS:api.weir.test");
  SUBCASE("expired") { r.begins = -48h, r.ends = -1h; }
  SUBCASE("not yet valid") { r.begins = 1h, r.ends = 48h; }
  check_rejected(connect_with(r, "api.weir.test"), "clock");
}

TEST_CASE("a certificate that no trusted CA signed is rejected with advice about the CA file") {
  const auto r = named("DNS:api.weir.test");
  SUBCASE("self-signed") { check_rejected(connect_with(make_certificate(r), "api.weir.test"), "--cacert"); }
  SUBCASE("unknown CA") {
    const auto other = test::make_ca("another root");
    check_rejected(connect_with(make_certificate(r, &other), "api.weir.test"), "--cacert");
    check_rejected(connect_with(make_certificate(r, &other), "api.weir.test", {other}), "--cacert");
  }
  SUBCASE("a CA of the trusted one's name") {
    const auto other = test::make_ca("weir test root");
    check_rejected(connect_with(make_certificate(r, &other), "api.weir.test"), "signature");
  }
}

TEST_CASE("a chain is accepted when complete and rejected without its intermediate") {
  const auto intermediate = test::make_ca("weir test intermediate", &test::root_ca());
  const auto leaf = make_certificate(named("DNS:api.weir.test"), &intermediate);
  CHECK_FALSE(connect_with(leaf, "api.weir.test", {intermediate}));
  CHECK_FALSE(connect_with(leaf, "api.weir.test", {test::root_ca(), intermediate}));
  check_rejected(connect_with(leaf, "api.weir.test"), "issuer");
}

TEST_CASE("an intermediate that may not sign is rejected") {
  const auto leaf_as_ca = make_certificate(named("DNS:ca.weir.test"), &test::root_ca());
  const auto forged = make_certificate(named("DNS:api.weir.test"), &leaf_as_ca);
  check_rejected(connect_with(forged, "api.weir.test", {leaf_as_ca}), "CA");

  certificate_recipe expired;
  expired.common_name = "expired intermediate";
  expired.ca = true;
  expired.begins = -48h, expired.ends = -1h;
  const auto old = make_certificate(expired, &test::root_ca());
  check_rejected(connect_with(make_certificate(named("DNS:api.weir.test"), &old), "api.weir.test", {old}), "expired");
}

TEST_CASE("a name outside its CA's constraints is rejected") {
  certificate_recipe r;
  r.common_name = "constrained";
  r.ca = true;
  r.more_extension_name = "nameConstraints";
  r.more_extension = "critical,permitted;DNS:allowed.test";
  const auto ca = make_certificate(r, &test::root_ca());
  CHECK_FALSE(connect_with(make_certificate(named("DNS:api.allowed.test"), &ca), "api.allowed.test", {ca}));
  check_rejected(connect_with(make_certificate(named("DNS:api.weir.test"), &ca), "api.weir.test", {ca}), "subtree");
}

TEST_CASE("a certificate for another purpose is rejected") {
  auto r = named("DNS:api.weir.test");
  SUBCASE("clients") { r.purposes = "clientAuth"; }
  SUBCASE("mail") { r.purposes = "emailProtection"; }
  SUBCASE("code") { r.purposes = "codeSigning"; }
  check_rejected(connect_with(r, "api.weir.test"), "purpose");
}

TEST_CASE("an unknown critical extension is rejected") {
  auto r = named("DNS:api.weir.test");
  r.more_extension_name = "1.2.3.4.5.6";
  r.more_extension = "critical,ASN1:UTF8String:unknown";
  check_rejected(connect_with(r, "api.weir.test"), "critical extension");
}

TEST_CASE("weak keys and digests are rejected") {
  auto r = named("DNS:api.weir.test");
  SUBCASE("RSA 1024") {
    r.rsa_bits = 1024;
    check_rejected(connect_with(r, "api.weir.test"), "key too weak");
  }
  SUBCASE("SHA-1") {
    r.digest = EVP_sha1();
    check_rejected(connect_with(r, "api.weir.test"), "digest algorithm too weak");
  }
  SUBCASE("MD5") {
    r.digest = EVP_md5();
    r.rsa_bits = 2048;
    const auto rsa_root = [] {
      certificate_recipe root;
      root.common_name = "rsa root";
      root.ca = true;
      root.rsa_bits = 2048;
      return make_certificate(root);
    }();
    test::tls_server_options options;
    options.identity = make_certificate(r, &rsa_root);
    test::tls_server server(options);
    check_rejected(test::connect_to("api.weir.test", server.port(), test::trusting(rsa_root)), "too weak");
  }
  SUBCASE("a weak CA") {
    certificate_recipe weak;
    weak.common_name = "weak intermediate";
    weak.ca = true;
    weak.rsa_bits = 1024;
    const auto ca = make_certificate(weak, &test::root_ca());
    check_rejected(connect_with(make_certificate(r, &ca), "api.weir.test", {ca}), "too weak");
  }
}

TEST_CASE("RSA 2048 is accepted") {
  auto r = named("DNS:api.weir.test");
  r.rsa_bits = 2048;
  CHECK_FALSE(connect_with(r, "api.weir.test"));
}

TEST_CASE("a certificate with 10000 names does not take long") {
  std::string names;
  for (int i = 0; i < 10000; ++i)
    names += "DNS:n" + std::to_string(i) + ".weir.test,";
  const auto identity = make_certificate(named(names + "DNS:api.weir.test"), &test::root_ca());
  const auto began = std::clock();
  const auto f = connect_with(identity, "api.weir.test");
  // Larger than OpenSSL takes in a handshake message: refused or accepted, but bounded.
  CHECK((!f || f.code() == errc::tls_failed));
  CHECK((std::clock() - began) / CLOCKS_PER_SEC < 5);
}
