// Runs a decoder over events, for the decoders' tests.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/completion.hpp>

#include "codec/framing/sse.hpp"
#include "provider/dialect.hpp"

namespace transcripts {

inline std::string read(const std::string& name, const std::string& form = "sse") {
  const auto path = std::filesystem::path(WEIR_SOURCE_DIR) / "test/transcripts" / (name + '.' + form);
  std::ifstream in(path, std::ios::binary);
  REQUIRE_MESSAGE(in, path.string());
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

/// Everything that a decoder emitted, and its final state.
class outcome_of_decoding {
public:
  outcome_of_decoding() = default;
  std::vector<weir::event> events;
  weir::completion answer;
  bool done = false;
};

/// Ends the body and collects the result.
inline outcome_of_decoding settle(weir::provider::decoder& d, std::vector<weir::event> events) {
  d.on_end(events);
  outcome_of_decoding r;
  r.events = std::move(events);
  for (const auto& e : r.events)
    r.answer.add(e);
  r.answer.outcome = d.result();
  r.answer.failure = d.failed();
  r.answer.info = d.info();
  r.done = d.done();
  return r;
}

inline outcome_of_decoding run(weir::provider::decoder& d, std::string_view body) {
  weir::codec::sse_decoder sse;
  sse.feed(body);
  weir::codec::sse_event e;
  std::vector<weir::event> events;
  while (sse.next(e))
    d.on_event(e, events);
  return settle(d, std::move(events));
}

/// Each text is the data of one event.
inline outcome_of_decoding decoded(std::initializer_list<std::string_view> chunks) {
  auto d = weir::provider::chat_decoder();
  std::vector<weir::event> events;
  for (const auto c : chunks) {
    weir::codec::sse_event e;
    e.data = c;
    d->on_event(e, events);
  }
  return settle(*d, std::move(events));
}

inline outcome_of_decoding chat_body(const std::string& body, std::size_t answers = 1) {
  auto d = weir::provider::chat_decoder(answers);
  return run(*d, body);
}

} // namespace transcripts
