// Runs any dialect's decoder over the data of events.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provider/transcript.hpp"

namespace transcripts {

inline weir::provider::route route_of(std::string id) {
  weir::provider::route r;
  r.provider = std::move(id);
  return r;
}

/// Straight to the vendor with that id, with a key of its own.
inline weir::provider::route direct_route(const std::string& id, const std::string& model) {
  weir::provider::target t;
  t.provider = id;
  t.key = weir::secret("own-key");
  t.model = model;
  return weir::provider::resolve(weir::provider::task::chat, t);
}

/// An event: its name and its data.
class named {
public:
  named(const char* data) : data(data) {}
  named(std::string data) : data(std::move(data)) {}
  named(std::string type, std::string data) : type(std::move(type)), data(std::move(data)) {}
  std::string type;
  std::string data;
};

/// A stream of the vendor with that id; `openai` for the default form.
inline outcome_of_decoding streamed(const std::string& id, const std::vector<named>& all) {
  const auto d = id == "openai" ? weir::provider::chat_decoder() : weir::provider::chat_decoder(route_of(id));
  std::vector<weir::event> events;
  for (const auto& n : all) {
    weir::codec::sse_event e;
    e.type = n.type;
    e.data = n.data;
    d->on_event(e, events);
  }
  return settle(*d, std::move(events));
}

/// One choice of a chunk.
inline std::string piece(const std::string& delta, const std::string& finish = "null") {
  return R"({"choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + finish + "}]}";
}
inline std::string text(const std::string& t) { return piece(R"({"content":")" + t + "\"}"); }
inline std::string end(const std::string& reason = "stop") { return piece("{}", '"' + reason + '"'); }

} // namespace transcripts
