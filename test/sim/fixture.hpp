// A server and its clients, for the tests of the simulation.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "sim/raw_client.hpp"
#include "sim/server/server.hpp"

namespace weir::inline v0::sim::test {

inline constexpr std::string_view hello = R"({"model":"m","messages":[{"role":"user","content":"Hello there"}]})";
inline constexpr std::string_view hello_stream =
    R"({"model":"m","messages":[{"role":"user","content":"Hello there"}],"stream":true})";

inline settings plain() {
  settings s;
  s.tls = false;
  return s;
}

class fixture {
public:
  explicit fixture(settings how = plain()) : tls(how.tls), server(std::move(how)) {}

  /// One request on its own connection.
  response ask(std::string_view path, std::string_view body, std::string_view headers = {}, int patience_ms = 5000) {
    raw_client client(server.port(), tls, server.ca_file());
    client.send(post(path, body, headers));
    return client.receive(patience_ms);
  }
  response chat(std::string_view body, std::string_view headers = {}, int patience_ms = 5000) {
    return ask("/v1/chat/completions", body, headers, patience_ms);
  }
  /// A streamed chat under a fault.
  response faulty(std::string_view fault, int patience_ms = 5000) {
    return chat(hello_stream, "x-events: 5\r\nx-fault: " + std::string(fault) + "\r\n", patience_ms);
  }

  bool tls;
  server_thread server;
};

/// Waits for another thread to make the condition true; false after five seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

} // namespace weir::inline v0::sim::test
