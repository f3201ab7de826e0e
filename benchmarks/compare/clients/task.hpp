// What each client of benchmarks/compare is asked to do, and how it says that it did.
//
//     CLIENT stream URL CA_FILE MODEL STREAMS TOKENS       that many streams at once, each of that many tokens
//     CLIENT call URL CA_FILE MODEL CALLS CONCURRENCY      that many whole answers, so many at once
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace compare {

class task {
public:
  task(int argc, char** argv) {
    if (argc != 7 || (std::strcmp(argv[1], "stream") != 0 && std::strcmp(argv[1], "call") != 0))
      throw std::invalid_argument("usage: stream URL CA_FILE MODEL STREAMS TOKENS\n"
                                  "       call URL CA_FILE MODEL CALLS CONCURRENCY");
    streamed = std::strcmp(argv[1], "stream") == 0;
    url = argv[2];
    ca_file = argv[3];
    model = argv[4];
    const auto first = std::strtoull(argv[5], nullptr, 10), second = std::strtoull(argv[6], nullptr, 10);
    if (first == 0 || second == 0)
      throw std::invalid_argument("the counts have to be at least 1");
    (streamed ? streams : calls) = first;
    (streamed ? tokens : concurrency) = second;

    // A descriptor for each stream.
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }

  bool streamed = false;
  std::string url, ca_file, model;
  std::uint64_t streams = 0, tokens = 0;
  std::uint64_t calls = 0, concurrency = 0;

  /// Connections at once.
  std::uint64_t parallel() const { return streamed ? streams : concurrency; }
  /// Of an URL https://HOST:PORT.
  std::string host() const { return url.substr(8, url.rfind(':') - 8); }
  std::string port() const { return url.substr(url.rfind(':') + 1); }

  std::string body() const {
    return R"({"model":")" + model +
           (streamed
                ? R"(","messages":[{"role":"user","content":"Hello"}],"stream":true,"stream_options":{"include_usage":true}})"
                : R"(","messages":[{"role":"user","content":"Hello"}]})");
  }
  std::string request() const {
    const auto text = body();
    return "POST /v1/chat/completions HTTP/1.1\r\nhost: " + url.substr(8) +
           "\r\ncontent-type: application/json\r\naccept: text/event-stream\r\ncontent-length: " +
           std::to_string(text.size()) + "\r\n\r\n" + text;
  }
};

/// The most memory that this process had.
inline long peak_kb() {
  long kb = 0;
  if (std::FILE* status = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, status))
      if (std::sscanf(line, "VmHWM: %ld", &kb) == 1)
        break;
    std::fclose(status);
  }
  return kb;
}

/// The last line of a client that has had everything: `count` tokens or answers.
inline void report(std::uint64_t count) {
  std::printf("count=%llu peak_kb=%ld\n", static_cast<unsigned long long>(count), peak_kb());
}

} // namespace compare
