// The memory that a stream holds while it waits for its next token, all of it: weir's, Asio's and OpenSSL's.
//
//     idle_memory [STREAMS]
//
// Prints the bytes of live heap a stream, by kind of connection, and fails if one holds more than it may.
#include <malloc.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <weir/client/client.hpp>
#include <weir/core/group.hpp>

#include "client/answers.hpp"
#include "whole/stage.hpp"

namespace {

// Of this thread: the server has its own.
thread_local std::ptrdiff_t live = 0;

void* counted(void* p) noexcept {
  live += static_cast<std::ptrdiff_t>(::malloc_usable_size(p));
  return p;
}

} // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) noexcept { return counted(__libc_malloc(size)); }
void* calloc(std::size_t n, std::size_t size) noexcept { return counted(__libc_calloc(n, size)); }
void* realloc(void* p, std::size_t size) noexcept {
  live -= static_cast<std::ptrdiff_t>(::malloc_usable_size(p));
  return counted(__libc_realloc(p, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return counted(__libc_memalign(alignment, size));
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  *to = counted(__libc_memalign(alignment, size));
  return *to ? 0 : 12;
}
void free(void* p) noexcept {
  live -= static_cast<std::ptrdiff_t>(::malloc_usable_size(p));
  __libc_free(p);
}
}

namespace weir::inline v0::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// One event arrives, and the next is waited for.
asio::awaitable<void> one(client& c, int& waiting) {
  auto reply = co_await c.stream(chat("m").user("hello"));
  if (co_await reply.next())
    ++waiting;
  co_await reply.next();
}

asio::awaitable<void> whole(client& c) { co_await c.run(chat("m").user("hello")); }

asio::awaitable<void> all(client& c, int streams, int& waiting) {
  group g;
  for (int i = 0; i < streams; ++i)
    g.spawn(one(c, waiting));
  co_await g.join();
}

// What a stream holds; negative if they did not all come to wait.
double bytes_each(stage& at, const std::string& url, int streams, bool known) {
  client c(options()
               .base_url(url)
               .ca_file(at.ca_file())
               .http2(at.over_h2())
               .max_connections(static_cast<std::size_t>(streams)));
  asio::io_context io(1);
  if (known) {
    at.set(play({part("POST", answer(200, "application/json", chat_json("a")))}));
    asio::co_spawn(io, whole(c), asio::detached);
    io.run();
    io.restart();
  }
  const auto events = chat_events({"a"});
  at.set(play({part("POST", "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + events[0] + events[1],
                    part::then::hold)}));
  int waiting = 0;
  const auto before = live;
  asio::co_spawn(io, all(c, streams, waiting), asio::detached);
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (waiting < streams && std::chrono::steady_clock::now() < until)
    io.run_for(10ms);
  io.run_for(200ms);
  return waiting == streams ? static_cast<double>(live - before) / streams : -1;
}

bool within(const char* kind, double bytes, double limit) {
  const bool ok = bytes >= 0 && bytes <= limit;
  std::printf("%-14s %6.1f KB a stream, at most %4.1f%s\n", kind, bytes / 1024, limit / 1024, ok ? "" : ": TOO MUCH");
  return ok;
}

} // namespace
} // namespace weir::inline v0::test

int main(int argc, char** argv) {
  using namespace weir::test;
  const int streams = argc > 1 ? std::atoi(argv[1]) : 100;
  stage at(true);
  bool ok = within("plain", bytes_each(at, at.plain_url(), streams, false), 16 * 1024);
  ok = within("TLS, new", bytes_each(at, at.url(), streams, false), 33 * 1024) && ok;
  ok = within("TLS, resumed", bytes_each(at, at.url(), streams, true), 30 * 1024) && ok;
  if (stage::has_front()) {
    stage shared(false, true);
    ok = within("HTTP/2", bytes_each(shared, shared.url(), 10 * streams, false), 19 * 1024) && ok;
  }
  return ok ? 0 : 1;
}
