// Decoders of every dialect, streamed and plain: no exception, whatever the input; no more output than input; nothing
// after the end; and an answer is complete only if something said so.
#include <string>

#include "codec/framing/ndjson.hpp"
#include "fuzz.hpp"
#include "provider/dialect.hpp"

using namespace weir;

static std::unique_ptr<provider::decoder> decoder_of(unsigned kind, bool& lines) {
  static constexpr const char* ids[] = {"openai", "anthropic", "openai-responses", "gemini",
                                        "ollama", "cohere-v2", "replicate",        "tgi"};
  provider::route to;
  to.provider = ids[kind % std::size(ids)];
  lines = to.provider == "ollama";
  if (kind & 8) {
    to.what = task_kind::text_generation;
    return provider::generation_decoder(to);
  }
  return provider::chat_decoder(to, 1 + (kind >> 6));
}

FUZZ(in) {
  bool lines = false;
  const auto d = decoder_of(in.kind, lines);
  std::vector<event> events;
  codec::sse_event frame;
  codec::sse_decoder sse;
  codec::ndjson_splitter splitter;
  if (in.kind & 16) {
    d->on_body(in.text, events);
  } else if (lines) {
    splitter.feed(in.text);
    while (splitter.next(frame.data))
      d->on_event(frame, events);
  } else {
    sse.feed(in.text);
    while (sse.next(frame))
      d->on_event(frame, events);
  }
  std::size_t bytes = 0;
  completion answer;
  for (const auto& e : events) {
    bytes += e.content().size();
    answer.add(e);
  }
  fuzz::hold(bytes <= 16 * in.text.size(), "an answer is not much longer than its input");
  fuzz::hold(answer.choices.size() <= in.text.size() + 1, "no more choices than bytes of input");
  fuzz::hold(!d->failed().failed() || d->result() != outcome::complete, "what failed is not complete");
  const bool done = d->done();
  const auto result = d->result();
  const auto count = events.size();
  if (done) {
    frame.data = R"({"choices":[{"index":0,"delta":{"content":"more"}}]})";
    d->on_event(frame, events);
    fuzz::hold(events.size() == count && d->result() == result, "nothing comes after the end");
  }
}
