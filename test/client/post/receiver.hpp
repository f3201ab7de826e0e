// A server on loopback that keeps the requests that it gets, and answers them as a test says.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace test {

class received {
public:
  received() = default;
  std::string method, target, body;
  std::map<std::string, std::string> headers; ///< Names in lower case.
};

/// Whole responses of HTTP.
std::string response(int status, const std::string& body = "{}", const std::string& headers = {});
/// In place of a response: nothing comes until the client leaves; the connection ends.
inline const std::string no_answer = "(none)", end_of_connection = "(end)";

class receiver {
public:
  /// `answer` gets the number of the request, from 0. It is called on the connections' threads, one at a time.
  using script = std::function<std::string(const received&, std::size_t)>;
  explicit receiver(script answer = [](const received&, std::size_t) { return response(200); });
  receiver(const receiver&) = delete;
  receiver& operator=(const receiver&) = delete;
  ~receiver();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<received> requests() const;
  /// Waits up to ten seconds until so many have come. \returns whether they have.
  bool wait_for(std::size_t count) const;
  /// Requests to that path, so far.
  std::vector<received> at(const std::string& target) const;

private:
  void accept_all();
  void serve(int fd);
  bool read(int fd, std::string& in, received& r);

  script answer_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<received> requests_;
  std::vector<int> open_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A URL at which nobody listens.
std::string absent_url();

} // namespace test
