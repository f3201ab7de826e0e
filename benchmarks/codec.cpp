// The cost of decoding one streamed chunk: codec [EVENTS]. Prints one line per case.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/json/monotonic_resource.hpp>

#include <weir/core/base64.hpp>

#include "codec/framing/sse.hpp"
#include "codec/json/json.hpp"

namespace {

using weir::codec::json::monotonic_resource;

constexpr std::string_view chunk =
    R"({"id":"chatcmpl-4f1c09ab27d64be0","object":"chat.completion.chunk","created":1764000000,)"
    R"("model":"some-org/Some-Model-8B-Instruct","system_fingerprint":"fp_20d1f0","choices":[{"index":0,)"
    R"("delta":{"role":"assistant","content":" river"},"logprobs":null,"finish_reason":null}],"usage":null})";

std::size_t sink = 0;

template <class Body>
void measure(const char* name, std::size_t count, Body body) {
  double best = 1e300;
  for (int round = 0; round < 5; ++round) {
    const auto from = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - from;
    best = std::min(best, took.count() / static_cast<double>(count));
  }
  std::printf("%-44s %10.1f ns\n", name, best);
}

std::size_t decode(std::string_view stream, std::size_t step) {
  weir::codec::sse_decoder decoder;
  weir::codec::sse_event event;
  std::size_t events = 0;
  for (; !stream.empty(); stream.remove_prefix(std::min(step, stream.size()))) {
    decoder.feed(stream.substr(0, step));
    while (decoder.next(event)) {
      ++events;
      sink += event.data.size();
    }
  }
  return events;
}

void measure_sse(const char* name, std::string_view event, std::size_t events, std::size_t step) {
  std::string stream;
  for (std::size_t i = 0; i < events; ++i)
    stream += event;
  measure(name, events, [&] {
    if (decode(stream, step) != events)
      std::abort();
  });
}

} // namespace

int main(int argc, char** argv) {
  const std::size_t events = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20000;
  const std::string event = "data: " + std::string(chunk) + "\n\n";
  const std::string other = "data: {\"content\":\"" + [] {
    std::string s;
    for (int i = 0; i < 80; ++i)
      s += "\xE6\xB2\xB3";
    return s;
  }() + "\"}\n\n";
  std::printf("event of %zu bytes, JSON of %zu bytes, best of 5 rounds\n", event.size(), chunk.size());
  measure_sse("SSE, one event per read", event, events, event.size());
  measure_sse("SSE, reads of 16384 bytes", event, events, 16384);
  measure_sse("SSE, reads of 16384 bytes, CR line ends", "data: " + std::string(chunk) + "\r\r", events, 16384);
  measure_sse("SSE, reads of 16384 bytes, Chinese text", other, events, 16384);
  measure_sse("SSE, reads of 100 bytes", event, events, 100);
  measure_sse("SSE, reads of 1 byte", event, events, 1);
  measure_sse("SSE, reads of 1 byte, twice as many", event, 2 * events, 1);

  measure("JSON, value in a local buffer", events, [&] {
    for (std::size_t i = 0; i < events; ++i) {
      unsigned char buffer[8192];
      monotonic_resource resource(buffer, sizeof buffer);
      weir::error_code ec;
      const auto value = weir::codec::parse_json(chunk, ec, &resource);
      sink += value.as_object().size() + (ec ? 1 : 0);
    }
  });
  measure("JSON, value on the heap", events, [&] {
    for (std::size_t i = 0; i < events; ++i) {
      weir::error_code ec;
      const auto value = weir::codec::parse_json(chunk, ec);
      sink += value.as_object().size() + (ec ? 1 : 0);
    }
  });
  weir::error_code ec;
  const auto value = weir::codec::parse_json(chunk, ec);
  measure("JSON, to text", events, [&] {
    for (std::size_t i = 0; i < events; ++i)
      sink += weir::codec::to_text(value).size();
  });

  const std::string image(1 << 20, '\x5A');
  const auto text = weir::encode_base64(image);
  measure("base64, encode, per KiB", 1024, [&] { sink += weir::encode_base64(image).size(); });
  measure("base64, decode, per KiB", 1024, [&] { sink += weir::decode_base64(text)->size(); });
  return sink == 0;
}
