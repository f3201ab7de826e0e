// Which sessions are resumed, and which never are.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "net/certificates.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"
#include "net/tls/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using weir::error_code;

namespace {

test::tls_server_options good(int version) {
  test::tls_server_options options;
  options.identity = test::identity_for("DNS:api.weir.test,DNS:other.weir.test,IP:127.0.0.1");
  options.min_version = options.max_version = version;
  return options;
}

// Connects, exchanges a byte so that TLS 1.3 tickets arrive, and closes.
bool visit(const std::shared_ptr<connector>& c, const std::string& host, std::uint16_t port) {
  bool resumed = false;
  test::run([&]() -> boost::asio::awaitable<void> {
    connect_times times;
    auto s = co_await c->connect(origin("https", host, port), times);
    co_await test::write(*s, "x");
    error_code ec;
    co_await test::read(*s, 1, ec);
    CHECK(!ec);
    CHECK(times.resumed == s->resumed());
    resumed = times.resumed;
  });
  return resumed;
}

} // namespace

TEST_CASE("a reconnect with the same settings resumes") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    test::tls_server server(good(version));
    const auto c = test::client(std::make_shared<tls_context>(test::trusting(test::root_ca())));
    CHECK_FALSE(visit(c, "api.weir.test", server.port()));
    int resumed = 0;
    for (int i = 0; i < 20; ++i)
      resumed += visit(c, "api.weir.test", server.port());
    CHECK(resumed == 20);
    CHECK(server.resumptions() == 20);
  }
}

TEST_CASE("a session that comes from resuming is as old as the handshake that verified the server") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    test::tls_server server(good(version));
    const auto context = std::make_shared<tls_context>(test::trusting(test::root_ca()));
    const auto c = test::client(context);
    CHECK_FALSE(visit(c, "api.weir.test", server.port()));
    const auto key = tls_peer("api.weir.test", server.port()).session_key();
    const auto verified = context->sessions().take(key, std::chrono::steady_clock::now()).verified;
    for (int i = 0; i < 3; ++i) {
      CHECK(visit(c, "api.weir.test", server.port()));
      CHECK(context->sessions().take(key, std::chrono::steady_clock::now()).verified == verified);
    }
  }
}

TEST_CASE("connectors share sessions by sharing the context") {
  test::tls_server server(good(TLS1_3_VERSION));
  const auto context = std::make_shared<tls_context>(test::trusting(test::root_ca()));
  CHECK_FALSE(visit(test::client(context), "api.weir.test", server.port()));
  CHECK(visit(test::client(context), "api.weir.test", server.port()));
}

TEST_CASE("what is made of the same settings and files is shared, and resumes the sessions of all") {
  test::tls_server server(good(TLS1_3_VERSION));
  const auto& settings = test::trusting(test::root_ca());
  const auto context = tls_context::of(settings);
  CHECK(tls_context::of(settings) == context);
  CHECK(tls_context::of(tls_settings(settings).min_version(tls_version::v1_3)) != context);
  CHECK_FALSE(visit(test::client(context), "api.weir.test", server.port()));
  CHECK(visit(test::client(tls_context::of(settings)), "api.weir.test", server.port()));
}

TEST_CASE("a file that has changed makes another context, and nobody keeps one that is not used") {
  const test::temporary_file file(test::root_ca().certificate_pem());
  const auto settings = tls_settings().ca_file(file.path());
  std::weak_ptr<tls_context> unused = tls_context::of(settings);
  CHECK(unused.expired());
  const auto before = tls_context::of(settings);
  std::ofstream(file.path(), std::ios::app) << "\n";
  CHECK(tls_context::of(settings) != before);
}

TEST_CASE("what the system trusts is that of the environment when a client is made") {
  const auto usual = tls_context::of(tls_settings());
  CHECK(tls_context::of(tls_settings()) == usual);
  const test::temporary_file file(test::root_ca().certificate_pem());
  const char* const was = std::getenv("SSL_CERT_FILE");
  const std::string before = was ? was : "";
  ::setenv("SSL_CERT_FILE", file.path().c_str(), 1);
  const auto other = tls_context::of(tls_settings());
  CHECK(other != usual);
  test::tls_server server(good(TLS1_3_VERSION));
  CHECK_FALSE(visit(test::client(other), "api.weir.test", server.port()));
  was ? ::setenv("SSL_CERT_FILE", before.c_str(), 1) : ::unsetenv("SSL_CERT_FILE");
  CHECK(tls_context::of(tls_settings()) == usual);
}

TEST_CASE("nothing is resumed across another host, port, trust store, version or path") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    test::tls_server server(good(version));
    const auto context = std::make_shared<tls_context>(test::trusting(test::root_ca()));
    const auto c = test::client(context);
    visit(c, "api.weir.test", server.port());
    CHECK_FALSE(visit(c, "other.weir.test", server.port()));
    CHECK_FALSE(visit(c, "127.0.0.1", server.port()));

    test::tls_server elsewhere(good(version));
    CHECK_FALSE(visit(c, "api.weir.test", elsewhere.port()));

    const auto other_store = test::client(std::make_shared<tls_context>(test::trusting(test::root_ca())));
    CHECK_FALSE(visit(other_store, "api.weir.test", server.port()));
    CHECK(visit(c, "api.weir.test", server.port()));
  }
}

TEST_CASE("a server that the client does not trust any more is not reached by resumption") {
  test::tls_server server(good(TLS1_3_VERSION));
  const auto context = std::make_shared<tls_context>(test::trusting(test::root_ca()));
  visit(test::client(context), "api.weir.test", server.port());
  const auto other = test::make_ca("another root");
  CHECK(test::connect_to("api.weir.test", server.port(), test::trusting(other)).code() ==
        weir::errc::certificate_rejected);
}

TEST_CASE("nothing is resumed with a client certificate") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto options = good(version);
    options.client_ca = &test::root_ca();
    test::tls_server server(options);
    test::certificate_recipe recipe;
    recipe.purposes = "clientAuth";
    const auto me = test::make_certificate(recipe, &test::root_ca());
    const test::temporary_file both(me.certificate_pem() + me.key_pem());
    auto settings = test::trusting(test::root_ca());
    settings.client_cert(both.path());
    const auto context = std::make_shared<tls_context>(settings);
    const auto c = test::client(
        context,
        connect_settings().proxy(proxy_settings::none()).identify_to(origin("https", "api.weir.test", server.port())));
    CHECK_FALSE(visit(c, "api.weir.test", server.port()));
    CHECK_FALSE(visit(c, "api.weir.test", server.port()));
    CHECK(context->sessions().size() == 0);
  }
}

TEST_CASE("session keys differ if any part does") {
  std::vector<tls_peer> peers;
  for (const char* host : {"a.test", "b.test", "127.0.0.1"})
    for (const int port : {443, 8443})
      for (const char* via : {"", "http://p:3128", "https://p:3128", "unix:/a"})
        for (int alpn = 0; alpn < 3; ++alpn) {
          tls_peer p(host, static_cast<std::uint16_t>(port));
          p.via = via;
          p.alpn = alpn == 0 ? std::vector<std::string>() : std::vector<std::string>(1, alpn == 1 ? "http/1.1" : "h2");
          peers.push_back(p);
        }
  for (std::size_t i = 0; i < peers.size(); ++i)
    for (std::size_t j = 0; j < peers.size(); ++j)
      CHECK((peers[i].session_key() == peers[j].session_key()) == (i == j));
  CHECK(tls_peer("a.test.", 443).session_key() == tls_peer("a.test", 443).session_key());
}

TEST_CASE("sessions are bounded by number and by the age of what was verified") {
  test::tls_server server(good(TLS1_3_VERSION));
  const auto context = std::make_shared<tls_context>(test::trusting(test::root_ca()));
  visit(test::client(context), "api.weir.test", server.port());
  auto& kept = context->sessions();
  const auto key = tls_peer("api.weir.test", server.port()).session_key();
  const auto now = std::chrono::steady_clock::now();
  auto one = kept.take(key, now);
  REQUIRE(one.session);
  CHECK_FALSE(kept.take(key, one.verified + tls_sessions::max_age).session);

  const auto copy = [&] {
    SSL_SESSION_up_ref(one.session.get());
    return tls_sessions::entry(ssl_session_ptr(one.session.get()), one.verified);
  };
  tls_sessions store;
  for (int i = 0; i < 1000; ++i)
    for (int j = 0; j < 10; ++j)
      store.store("host" + std::to_string(i), copy());
  CHECK(store.size() == tls_sessions::max_keys * tls_sessions::max_per_key);
  CHECK_FALSE(store.take("host0", now).session);
  CHECK(store.take("host999", now).session);
}
