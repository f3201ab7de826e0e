// The simulated server: TLS and certificates, kept-alive connections, clients that leave, stopping.
#include "sim/fixture.hpp"

#include <openssl/x509_vfy.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "sim/server/main_loop.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;

namespace {

settings with(const char* rule) {
  settings s;
  s.faults.push_back(parse_fault_rule(rule));
  return s;
}

long error_of(const char* rule) {
  const server_thread server(with(rule));
  const raw_client client(server.port(), true, server.ca_file());
  CHECK_FALSE(client.connected());
  return client.verify_error();
}

} // namespace

TEST_CASE("a client that trusts the CA file verifies the server by address and by name") {
  const server_thread server;
  CHECK(server.url() == "https://127.0.0.1:" + std::to_string(server.port()));
  for (const std::string host : {"127.0.0.1", "::1", "localhost"}) {
    raw_client client(server.port(), true, server.ca_file(), host);
    CAPTURE(host);
    CHECK(client.connected());
    CHECK(client.verify_error() == X509_V_OK);
    CHECK(client.alpn() == "http/1.1");
    client.send(post("/v1/chat/completions", hello));
    CHECK(client.receive().status == 200);
  }
  CHECK_FALSE(raw_client(server.port(), true, server.ca_file(), "other.invalid").connected());
}

TEST_CASE("each bad certificate is refused for its own reason") {
  CHECK(error_of("bad-cert-expired") == X509_V_ERR_CERT_HAS_EXPIRED);
  CHECK(error_of("bad-cert-host") == X509_V_ERR_IP_ADDRESS_MISMATCH);
  CHECK(error_of("bad-cert-self-signed") == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
  const auto unknown = error_of("bad-cert-unknown-ca");
  CHECK((unknown == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || unknown == X509_V_ERR_CERT_SIGNATURE_FAILURE ||
         unknown == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE));
}

TEST_CASE("a slow handshake delays the client for as long as specified") {
  const server_thread server(with("slow-handshake:50ms"));
  const auto begin = std::chrono::steady_clock::now();
  const raw_client client(server.port(), true, server.ca_file());
  CHECK(client.connected());
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(50));
}

TEST_CASE("many requests share a kept-alive connection") {
  fixture f{settings()};
  {
    raw_client client(f.server.port(), true, f.server.ca_file());
    for (int i = 0; i < 20; ++i) {
      client.send(post("/v1/chat/completions", i % 2 ? hello : hello_stream));
      const auto r = client.receive();
      CHECK(r.complete);
      CHECK(r.headers.at("connection") == "keep-alive");
    }
  }
  CHECK(f.server.seen().connections_accepted == 1);
  CHECK(f.server.seen().requests == 20);
  CHECK(eventually([&] { return f.server.seen().answers_completed == 20; }));
  CHECK(eventually([&] { return f.server.seen().connections_open == 0; }));
  CHECK(f.server.seen().cancelled_by_peer == 0);
}

TEST_CASE("a client that disconnects is noticed while nothing is being sent") {
  for (const bool encrypted : {false, true}) {
    auto how = plain();
    how.tls = encrypted;
    fixture f(how);
    for (const std::string headers : {"x-events: 100\r\nx-interval: 1m\r\n", "x-first: 1m\r\n", "x-fault: stall\r\n"}) {
      raw_client client(f.server.port(), encrypted, f.server.ca_file());
      client.send(post("/v1/chat/completions", hello_stream, headers));
      CHECK(client.receive_until("\r\n\r\n"));
    }
    {
      raw_client client(f.server.port(), encrypted, f.server.ca_file());
      client.send(post("/v1/chat/completions", hello_stream, "x-fault: no-head\r\n"));
      CHECK(eventually([&] { return f.server.seen().requests == 4; }));
    }
    CHECK(eventually([&] { return f.server.seen().cancelled_by_peer == 4; }));
    CHECK(eventually([&] { return f.server.seen().connections_open == 0; }));
    CHECK(f.server.seen().streams_open == 0);
    CHECK(f.server.seen().answers_completed == 0);
  }
}

TEST_CASE("a client that disconnects from a saturated stream is noticed") {
  fixture f{settings()};
  {
    raw_client client(f.server.port(), true, f.server.ca_file());
    client.send(post("/v1/chat/completions", hello_stream, "x-events: 10000000\r\n"));
    CHECK(client.receive_until("data: "));
    CHECK(f.server.seen().streams_open == 1);
  }
  CHECK(eventually([&] { return f.server.seen().connections_open == 0; }));
  CHECK(f.server.seen().streams_open == 0);
  CHECK(f.server.seen().cancelled_by_peer == 1);
}

TEST_CASE("no fault leaves a connection behind") {
  fixture f{settings()};
  for (const auto& row : fault_table()) {
    if (of_connection(row.kind))
      continue;
    raw_client client(f.server.port(), true, f.server.ca_file());
    client.send(post("/v1/chat/completions", hello_stream, "x-fault: " + std::string(row.name) + "\r\n"));
  }
  CHECK(eventually([&] { return f.server.seen().connections_accepted > 20; }));
  CHECK(eventually([&] { return f.server.seen().connections_open == 0; }));
  CHECK(f.server.seen().streams_open == 0);
}

TEST_CASE("a connection that waits too long for its peer is closed") {
  auto how = plain();
  how.idle_limit = std::chrono::milliseconds(10);
  fixture f(how);
  raw_client client(f.server.port(), false, "");
  client.send("POST / HTTP/1.1\r\nhost:");
  CHECK(client.wait_for_end() == ending::orderly);
}

TEST_CASE("more connections than the limit are closed at once") {
  auto how = plain();
  how.max_connections = 1;
  fixture f(how);
  raw_client first(f.server.port(), false, "");
  first.send(post("/v1/chat/completions", hello));
  CHECK(first.receive().status == 200);
  raw_client second(f.server.port(), false, "");
  const auto end = second.wait_for_end();
  CHECK((end == ending::orderly || end == ending::reset));
}

TEST_CASE("stopping ends open streams and removes the CA's file") {
  std::string ca;
  std::optional<raw_client> client;
  {
    const server_thread server;
    ca = server.ca_file();
    CHECK(std::filesystem::exists(ca));
    client.emplace(server.port(), true, ca);
    client->send(post("/v1/chat/completions", hello_stream, "x-events: 9\r\nx-interval: 1m\r\n"));
    CHECK(client->receive_until("data: "));
  }
  CHECK_FALSE(std::filesystem::exists(ca));
  CHECK(client->wait_for_end() == ending::abrupt);
}

TEST_CASE("a stopped server has no CA file, and may be stopped again") {
  boost::asio::io_context context;
  server provider(context, settings());
  provider.start();
  const auto ca = provider.ca_file();
  CHECK(std::filesystem::exists(ca));
  provider.stop();
  provider.stop();
  CHECK_FALSE(std::filesystem::exists(ca));
  CHECK(provider.ca_file().empty());
  context.run();
}

TEST_CASE("a server and its context may be destroyed in the middle of anything") {
  std::optional<raw_client> client;
  std::shared_ptr<const counters> seen;
  {
    boost::asio::io_context context;
    server provider(context, plain());
    provider.start();
    seen = provider.seen();
    client.emplace(provider.port(), false, "");
    client->send(post("/v1/chat/completions", hello_stream, "x-fault: stall\r\n"));
    while (seen->requests == 0)
      context.run_one();
    CHECK(seen->streams_open == 1);
  }
  CHECK(seen->connections_open == 0);
  CHECK(seen->streams_open == 0);
}

TEST_CASE("as a program it prints where it listens and ends cleanly on SIGTERM") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const auto child = ::fork();
  if (child == 0) {
    std::ofstream out("/dev/fd/" + std::to_string(ends[1]));
    std::_Exit(run(settings(), out));
  }
  ::close(ends[1]);
  std::ifstream in("/dev/fd/" + std::to_string(ends[0]));
  std::string first, second;
  std::getline(in, first);
  std::getline(in, second);
  REQUIRE(first.starts_with("listening on https://127.0.0.1:"));
  REQUIRE(second.starts_with("ca file: "));
  const auto ca = second.substr(9);
  {
    raw_client client(static_cast<std::uint16_t>(std::stoi(first.substr(first.rfind(':') + 1))), true, ca);
    client.send(post("/v1/chat/completions", hello_stream, "x-interval: 1m\r\n"));
    CHECK(client.receive_until("data: "));
    ::kill(child, SIGTERM);
    int status = -1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  CHECK_FALSE(std::filesystem::exists(ca));
  ::close(ends[0]);
}

TEST_CASE("a port that is in use is an error") {
  const server_thread first(plain());
  auto how = plain();
  how.port = first.port();
  CHECK_THROWS_AS(server_thread{how}, boost::system::system_error);
}
