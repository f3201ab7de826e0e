// The cost of reading a chunked body, without I/O: one event per chunk, 16 KiB per read.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "http/response/response_reader.hpp"

namespace {

using weir::http::reader_limits;
using weir::http::response_reader;

constexpr std::size_t chunks = 200'000;
constexpr std::size_t read_size = 16u << 10;

std::string response(std::size_t event) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", event);
  std::string out = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t i = 0; i < chunks; ++i)
    out += size + std::string(event, 'x') + "\r\n";
  return out + "0\r\n\r\n";
}

// Nanoseconds per chunk, the best of several runs; negative if the body was not read completely.
double measure(const std::string& bytes, std::size_t event) {
  double best = 1e18;
  for (int run = 0; run < 9; ++run) {
    reader_limits limits;
    limits.body = reader_limits::no_limit;
    response_reader reader(limits);
    weir::error_code ec;
    std::size_t body = 0;
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < bytes.size() && !ec; at += read_size) {
      auto in = std::string_view(bytes).substr(at, read_size);
      while (!in.empty() && !ec) {
        std::string_view piece;
        in.remove_prefix(reader.next(in, piece, ec));
        body += piece.size();
      }
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    if (ec || !reader.done() || body != event * chunks)
      return -1;
    best = std::min(best, took.count() / chunks);
  }
  return best;
}

} // namespace

int main() {
  for (const std::size_t event : {1, 40, 250, 1000}) {
    const double ns = measure(response(event), event);
    if (ns < 0) {
      std::fprintf(stderr, "the body of %zu-byte events was not read completely\n", event);
      return 1;
    }
    std::printf("event_bytes=%zu ns/chunk=%.1f\n", event, ns);
  }
}
