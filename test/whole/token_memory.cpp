// No token of a stream that has begun allocates, in any dialect: neither in its decoder nor in a whole client.
//
//     token_memory
//
// Prints the allocations of each dialect's stream and fails if there are any; the whole client's may have a few, since
// buffers grow when much arrives at once. A text of more than 15 bytes has memory of its own, which is the event's.
#include <malloc.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <weir/client/client.hpp>

#include "client/answers.hpp"
#include "codec/framing/ndjson.hpp"
#include "codec/framing/sse.hpp"
#include "provider/dialect.hpp"
#include "whole/stage.hpp"

namespace {

// Of this thread: the server has its own.
thread_local std::size_t allocations = 0;

} // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);

void* malloc(std::size_t size) noexcept {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) noexcept {
  ++allocations;
  return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t size) noexcept {
  ++allocations;
  return __libc_realloc(p, size);
}
}

namespace weir::inline v0::test {
namespace {

namespace asio = boost::asio;

constexpr std::size_t tokens = 4000;
constexpr std::size_t begun = 400;

// `$` is a word and `#` a number, others in every event.
std::string filled(std::string_view form, std::size_t n) {
  constexpr std::string_view words[] = {" river",  " the",         ",",        " flows", " over",
                                        " stones", "\xE6\xB2\xB3", "a\\n\\\"b"};
  std::string text;
  for (const char c : form)
    if (c == '$')
      text += words[n * 7 % 8];
    else if (c == '#')
      text += std::to_string(1000 + n);
    else
      text += c;
  return text;
}

class dialect {
public:
  dialect(const char* name, const char* provider, std::string form, std::string head = {})
      : name(name), provider(provider), form(std::move(form)), head(std::move(head)) {}
  const char* name;
  const char* provider;
  std::string form, head;

  bool lines() const { return provider == std::string_view("ollama"); }
  bool announced() const { return provider == std::string_view("replicate"); }
  bool generates() const { return provider == std::string_view("tgi"); }

  std::string body() const {
    auto all = head;
    for (std::size_t i = 0; i < tokens; ++i)
      all += filled(form, i);
    return all;
  }
};

std::vector<dialect> dialects() {
  const std::string chunk = R"(data: {"id":"c-1","created":17,"model":"m","choices":[{"index":0,"delta":{)";
  return {
      {"openai", "openai",
       chunk + R"("content":"$"},"finish_reason":null}]})"
               "\n\n"},
      {"openai, padded", "openai",
       R"(data: {"id":"c-#","created":#,"choices":[{"index":0,"delta":{"content":"$"}}],"obfuscation":"x$"})"
       "\n\n"},
      {"openai, never alike", "openai",
       R"(data: {"id":"c-1","choices":[{"index":0,"delta":{"content":"$"}}],"n":#,"usage":null})"
       "\n\n"},
      {"openai, reasoning", "openai",
       chunk + R"("content":null,"reasoning_content":"$"}}]})"
               "\n\n"},
      {"openai, a call", "openai",
       chunk + R"("tool_calls":[{"index":0,"function":{"arguments":"$"}}]}}]})"
               "\n\n",
       chunk + R"("tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{\"a\":\""}}]}}]})"
               "\n\n"},
      {"responses", "openai-responses",
       "event: response.output_text.delta\n"
       R"(data: {"type":"response.output_text.delta","sequence_number":#,"item_id":"msg_68af4030592c8192a1d2",)"
       R"("output_index":0,"content_index":0,"delta":"$","logprobs":[],"obfuscation":"x$"})"
       "\n\n"},
      {"anthropic", "anthropic",
       "event: content_block_delta\n"
       R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"$"}})"
       "\n\n"},
      {"anthropic, a call", "anthropic",
       "event: content_block_delta\n"
       R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"$"}})"
       "\n\n",
       "event: content_block_start\n"
       R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})"
       "\n\n"},
      {"gemini", "gemini",
       R"(data: {"candidates":[{"content":{"parts":[{"text":"$"}],"role":"model"},"index":0}],"usageMetadata":)"
       R"({"promptTokenCount":8,"candidatesTokenCount":#,"totalTokenCount":#,"promptTokensDetails":)"
       R"([{"modality":"TEXT","tokenCount":8}]},"modelVersion":"m"})"
       "\r\n\r\n"},
      {"cohere", "cohere-v2",
       "event: content-delta\n"
       R"(data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"$"}}}})"
       "\n\n"},
      {"ollama", "ollama",
       R"({"model":"m","created_at":"2026-08-04T19:22:45.#Z","message":{"role":"assistant","content":"$"},"done":false})"
       "\n"},
      {"replicate", "replicate", "event: output\nid: 1690212292:0\ndata: w#\n\n"},
      {"tgi", "tgi",
       R"(data:{"index":#,"token":{"id":#,"text":"$","logprob":-0.#,"special":false},"generated_text":null,"details":null})"
       "\n\n"},
  };
}

// Text that is new in each piece, and none of it kept.
class taken {
public:
  explicit taken(const dialect& d) : lines_(d.lines()) {
    provider::route to;
    to.provider = d.provider;
    decoder_ = d.generates() ? provider::generation_decoder(to) : provider::chat_decoder(to);
  }

  void feed(std::string_view bytes) {
    codec::sse_event frame;
    lines_ ? splitter_.feed(bytes) : sse_.feed(bytes);
    while (lines_ ? splitter_.next(frame.data) : sse_.next(frame)) {
      decoder_->on_event(frame, events_);
      for (const auto& e : events_)
        seen += e.is_token() ? 1 : 0;
      events_.clear();
    }
  }

  bool failed() const { return decoder_->failed().failed(); }

  std::size_t seen = 0;

private:
  bool lines_;
  std::unique_ptr<provider::decoder> decoder_;
  codec::sse_decoder sse_;
  codec::ndjson_splitter splitter_;
  std::vector<event> events_;
};

// -1 if the stream was not read.
long in_decoder(const dialect& d) {
  constexpr std::size_t step = 1400;
  const auto body = d.body();
  taken t(d);
  std::size_t before = 0;
  for (std::size_t at = 0; at < body.size(); at += step) {
    t.feed(std::string_view(body).substr(at, step));
    if (t.seen < begun)
      before = allocations;
  }
  const auto made = static_cast<long>(allocations - before);
  return t.seen >= tokens && !t.failed() ? made : -1;
}

asio::awaitable<void> read(client& c, bool generates, long& made) {
  // Named first: g++ 12 would destroy them twice.
  auto opening = generates ? c.stream(text_generation("m").prompt("hello")) : c.stream(chat("m").user("hello"));
  auto reply = co_await std::move(opening);
  std::size_t seen = 0, before = 0;
  while (seen < tokens) {
    auto e = co_await reply.next();
    if (!e)
      co_return;
    seen += e->is_token() ? 1 : 0;
    if (seen == begun)
      before = allocations;
  }
  made = static_cast<long>(allocations - before);
}

long in_client(stage& at, const dialect& d) {
  const std::string type = d.lines() ? "application/x-ndjson" : "text/event-stream";
  const auto bytes = "HTTP/1.1 200 OK\r\ncontent-type: " + type + "\r\n\r\n" + d.body();
  std::vector<part> parts{part(d.announced() ? "GET" : "POST", bytes, part::then::hold)};
  if (d.announced())
    parts.push_back(
        part("POST", answer(201, "application/json", R"({"id":"p","urls":{"stream":")" + at.plain_url() + "/s\"}}")));
  at.set(play(std::move(parts)));
  client c(options().provider(d.provider).base_url(at.plain_url()).ca_file(at.ca_file()));
  asio::io_context io(1);
  long made = -1;
  asio::co_spawn(io, read(c, d.generates(), made), asio::detached);
  io.run();
  return made;
}

bool within(const char* name, const char* where, long made, long most) {
  const bool ok = made >= 0 && made <= most;
  std::printf("%-20s %-8s %5ld allocations in %zu tokens%s\n", name, where, made, tokens - begun,
              ok ? "" : ": TOO MANY");
  return ok;
}

} // namespace
} // namespace weir::inline v0::test

int main() {
  using namespace weir::test;
  stage at(false);
  bool ok = true;
  for (const auto& d : dialects()) {
    ok = within(d.name, "decoder", in_decoder(d), 0) && ok;
    ok = within(d.name, "client", in_client(at, d), 36) && ok;
  }
  return ok ? 0 : 1;
}
