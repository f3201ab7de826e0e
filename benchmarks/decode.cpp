// The cost of decoding one chunk of a stream in each dialect, without I/O: decode [CHUNKS [VARIANT]]. Prints a line per
// variant: nanoseconds and allocations per chunk, when a stream has begun. With a variant it is run once and nothing
// else, for `valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*run::all*'`.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/event.hpp>

#include "provider/chat/dialect_encode.hpp"
#include "provider/chat/dialects.hpp"
#include "provider/dialect.hpp"

namespace {

using namespace weir;

std::size_t allocations = 0;
std::size_t sink = 0;

} // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size))
    return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

// `$` is a word of the answer, `#` a number and `~` letters, all new in every chunk.
std::string filled(std::string_view form, std::uint64_t n) {
  constexpr std::string_view words[] = {" river", " the", ",", " flows", " over", " stones", "\xE6\xB2\xB3", "."};
  std::string text;
  for (const char c : form)
    if (c == '$')
      text += words[n % std::size(words)];
    else if (c == '#')
      text += std::to_string(1000000 + n);
    else if (c == '~')
      text.append("x7Kq2LmZ9pRt4WvB", 1 + n % 16);
    else
      text += c;
  return text;
}

class variant {
public:
  variant(const char* name, std::unique_ptr<provider::decoder> (*decoder)(), std::string_view form,
          std::string_view type = {}, std::string_view head = {}, std::string_view head_type = {})
      : name(name), decoder(decoder), form(form), type(type), head(head), head_type(head_type) {}
  const char* name;
  std::unique_ptr<provider::decoder> (*decoder)();
  std::string_view form, type, head, head_type;
};

std::unique_ptr<provider::decoder> of(const provider::chat_dialect& d) { return d.make_decoder(1); }
std::unique_ptr<provider::decoder> openai() { return provider::chat_decoder(); }
std::unique_ptr<provider::decoder> anthropic() { return of(provider::anthropic_messages); }
std::unique_ptr<provider::decoder> tgi() {
  provider::route to;
  to.provider = "tgi";
  return provider::generation_decoder(to);
}

constexpr const char* usual_tail = R"(},"logprobs":null,"finish_reason":null}],"usage":null})";

const std::string usual =
    std::string(R"({"id":"chatcmpl-4f1c09ab27d64be0","object":"chat.completion.chunk","created":1764000000,)"
                R"("model":"some-org/Some-Model-8B-Instruct","system_fingerprint":"fp_20d1f0","choices":[{"index":0,)"
                R"("delta":{"content":"$")") +
    usual_tail;
const std::string obfuscated =
    R"({"id":"chatcmpl-4f1c09ab27d64be0","object":"chat.completion.chunk","created":1764000000,)"
    R"("model":"gpt-5.4-mini-2026-03-17","service_tier":"default","system_fingerprint":"fp_20d1f0","choices":[{"index":0,)"
    R"("delta":{"content":"$"},"finish_reason":null}],"usage":null,"obfuscation":"~"})";
const std::string numbered =
    R"({"id":"chatcmpl-#","object":"chat.completion.chunk","created":#,)"
    R"("model":"some-org/Some-Model-8B-Instruct","choices":[{"index":0,"delta":{"content":"$"},"finish_reason":null}]})";
const std::string escaped =
    R"({"id":"chatcmpl-4f1c09ab27d64be0","object":"chat.completion.chunk","created":1764000000,)"
    R"("model":"some-org/Some-Model-8B-Instruct","choices":[{"index":0,"delta":{"content":"$\n\"$\""},)"
    R"("finish_reason":null}]})";
const std::string reasoning =
    R"({"id":"chatcmpl-4f1c09ab27d64be0","object":"chat.completion.chunk","created":1764000000,)"
    R"("model":"some-org/Some-Model-8B-Instruct","choices":[{"index":0,"delta":{"role":"assistant",)"
    R"("content":null,"reasoning_content":"$"},"finish_reason":null}],"usage":null})";
const std::string logprobs =
    R"({"id":"chatcmpl-4f1c09ab27d64be0","object":"chat.completion.chunk","created":1764000000,)"
    R"("model":"some-org/Some-Model-8B-Instruct","choices":[{"index":0,"delta":{"content":"$"},)"
    R"("logprobs":{"content":[{"token":"$","logprob":-0.#,"bytes":[32,114,105],"top_logprobs":[)"
    R"({"token":"$","logprob":-0.#,"bytes":[32,114,105]},{"token":" a","logprob":-3.#,"bytes":[32,97]}]}]},)"
    R"("finish_reason":null}]})";
const std::string call =
    R"({"id":"chatcmpl-4f1c09ab27d64be0","object":"chat.completion.chunk","created":1764000000,)"
    R"("model":"some-org/Some-Model-8B-Instruct","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,)"
    R"("function":{"arguments":"$"}}]},"finish_reason":null}]})";
constexpr std::string_view call_head =
    R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function",)"
    R"("function":{"name":"f","arguments":"{\"text\":\""}}]}}]})";

std::vector<variant> variants() {
  return {
      {"openai", openai, usual},
      {"openai-obfuscated", openai, obfuscated},
      {"openai-ids", openai, numbered},
      {"openai-escapes", openai, escaped},
      {"openai-reasoning", openai, reasoning},
      {"openai-logprobs", openai, logprobs},
      {"openai-tool-call", openai, call, {}, call_head},
      {"responses", [] { return of(provider::openai_responses); },
       R"({"type":"response.output_text.delta","sequence_number":#,"item_id":"msg_68af4030592c8192","output_index":0,)"
       R"("content_index":0,"delta":"$","logprobs":[],"obfuscation":"~"})",
       "response.output_text.delta"},
      {"anthropic", anthropic, R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"$"}})",
       "content_block_delta"},
      {"anthropic-thinking", anthropic,
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"$"}})",
       "content_block_delta"},
      {"anthropic-tool-call", anthropic,
       R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"$"}})",
       "content_block_delta",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}})",
       "content_block_start"},
      {"gemini", [] { return of(provider::gemini_content); },
       R"({"candidates":[{"content":{"parts":[{"text":"$"}],"role":"model"},"index":0}],"usageMetadata":)"
       R"({"promptTokenCount":8,"candidatesTokenCount":#,"totalTokenCount":#,"promptTokensDetails":)"
       R"([{"modality":"TEXT","tokenCount":8}]},"modelVersion":"gemini-2.5-flash","responseId":"yO6paLa1"})"},
      {"cohere", [] { return of(provider::cohere_chat); },
       R"({"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"$"}}}})", "content-delta"},
      {"ollama", [] { return of(provider::ollama_chat); },
       R"({"model":"llama3.2","created_at":"2026-08-04T19:22:45.#Z","message":{"role":"assistant","content":"$"},)"
       R"("done":false})"},
      {"replicate", [] { return of(provider::replicate_chat); }, "$", "output"},
      {"tgi", tgi,
       R"({"index":#,"token":{"id":#,"text":"$","logprob":-0.#,"special":false},"generated_text":null,"details":null})"},
  };
}

class run {
public:
  run(const variant& v, std::size_t count) : decoder_(v.decoder()), type_(v.type) {
    texts_.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      texts_.push_back(filled(v.form, i));
    if (!v.head.empty())
      feed(v.head, v.head_type);
    for (int i = 0; i < 8; ++i)
      feed(filled(v.form, static_cast<std::uint64_t>(i)), v.type);
  }

  // Not inlined, so that a profiler can be told to count this alone.
  [[gnu::noinline]] std::size_t all() {
    const auto before = allocations;
    for (const auto& text : texts_)
      feed(text, type_);
    if (decoder_->failed()) {
      std::fprintf(stderr, "%s\n", decoder_->failed().message().c_str());
      std::exit(1);
    }
    return allocations - before;
  }

private:
  void feed(std::string_view data, std::string_view type) {
    codec::sse_event frame;
    frame.type = type;
    frame.data = data;
    decoder_->on_event(frame, events_);
    for (const auto& e : events_)
      sink += e.content().size() + 1;
    events_.clear();
  }

  std::unique_ptr<provider::decoder> decoder_;
  std::string_view type_;
  std::vector<std::string> texts_;
  std::vector<event> events_;
};

void measure(const variant& v, std::size_t count) {
  double best = 1e300;
  std::size_t made = 0;
  for (int round = 0; round < 7; ++round) {
    run r(v, count);
    const auto from = std::chrono::steady_clock::now();
    made = r.all();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - from;
    best = std::min(best, took.count() / static_cast<double>(count));
  }
  std::printf("%-22s %5zu bytes %9.1f ns %7.2f allocations\n", v.name, filled(v.form, 7).size(), best,
              static_cast<double>(made) / static_cast<double>(count));
}

} // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20000;
  const std::string_view only = argc > 2 ? argv[2] : "";
  bool found = only.empty();
  for (const auto& v : variants()) {
    if (only.empty()) {
      measure(v, count);
    } else if (only == v.name) {
      run(v, count).all();
      found = true;
    }
  }
  if (!found)
    std::fprintf(stderr, "no variant %s\n", argv[2]);
  return found && (sink != 0 || count == 0) ? 0 : 1;
}
