// What a long prompt costs on its way: the caller's text, and one copy of it as the request's.
//
//     prompt_memory
//
// Prints the most live heap during a call, by API, and fails if it is more than that.
#include <malloc.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <weir/client/client.hpp>

#include "client/answers.hpp"
#include "whole/stage.hpp"

namespace {

// Of this thread: the server has its own.
thread_local std::ptrdiff_t live = 0, most = 0;

void* counted(void* p) noexcept {
  live += static_cast<std::ptrdiff_t>(::malloc_usable_size(p));
  most = std::max(most, live);
  return p;
}

} // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) noexcept { return counted(__libc_malloc(size)); }
void* calloc(std::size_t n, std::size_t size) noexcept { return counted(__libc_calloc(n, size)); }
void* realloc(void* p, std::size_t size) noexcept {
  live -= static_cast<std::ptrdiff_t>(::malloc_usable_size(p));
  return counted(__libc_realloc(p, size));
}
void free(void* p) noexcept {
  live -= static_cast<std::ptrdiff_t>(::malloc_usable_size(p));
  __libc_free(p);
}
}

namespace weir::inline v0::test {
namespace {

namespace asio = boost::asio;

constexpr std::size_t prompt_bytes = 5u << 20;

// Lines, as prompts have them.
std::string long_prompt() {
  std::string text;
  text.reserve(prompt_bytes);
  while (text.size() + 80 < prompt_bytes)
    text += "the river flows over its stones, and \"nobody\" stops it on its way to the sea\n";
  return text;
}

asio::awaitable<void> ask(client& c, chat what, bool& done) {
  auto asking = c.chat(std::move(what));
  const auto answer = co_await std::move(asking);
  done = answer.outcome == outcome::complete;
}

// Times the prompt's size; negative if the call failed.
double cost(stage& at, const char* provider, const std::string& body) {
  at.set(play({part("POST", answer(200, "application/json", body))}));
  client c(options().provider(provider).base_url(at.plain_url()).ca_file(at.ca_file()));
  asio::io_context io(1);
  const auto before = live;
  auto what = chat("m").user(long_prompt()).max_tokens(5);
  most = live;
  bool done = false;
  asio::co_spawn(io, ask(c, std::move(what), done), asio::detached);
  io.run();
  return done ? static_cast<double>(most - before) / prompt_bytes : -1;
}

bool within(const char* name, double times) {
  constexpr double limit = 2.2;
  const bool ok = times >= 0 && times <= limit;
  std::printf("%-20s %.2f times the prompt, at most %.2f%s\n", name, times, limit, ok ? "" : ": TOO MUCH");
  return ok;
}

} // namespace
} // namespace weir::inline v0::test

int main() {
  using namespace weir::test;
  stage at(false);
  bool ok = within("openai", cost(at, "openai", chat_json("a")));
  ok = within("anthropic",
              cost(at, "anthropic",
                   R"({"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn"})")) &&
       ok;
  ok = within("responses", cost(at, "openai-responses",
                                R"({"object":"response","status":"completed","output":[{"type":"message","content":)"
                                R"([{"type":"output_text","text":"a"}]}]})")) &&
       ok;
  ok = within("gemini",
              cost(at, "gemini", R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]})")) &&
       ok;
  return ok ? 0 : 1;
}
