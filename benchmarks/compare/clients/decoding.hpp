// What the clients without a library for it decode of an answer: events out of bytes, and the fields out of an event.
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace compare {

/// The choice and the usage of one answer, or of one event of it.
class fields {
public:
  std::uint64_t tokens = 0; ///< With content, or with reasoning.
  std::uint64_t usage = 0;
  std::string finish_reason;

  void add(std::string_view text) {
    namespace json = boost::json;
    // Reused: a stream's events would otherwise be most of what is allocated.
    static unsigned char space[64 << 10];
    json::monotonic_resource memory(space, sizeof space);
    const json::value root = json::parse(json::string_view(text.data(), text.size()), &memory);
    const auto& object = root.as_object();
    for (const auto& choice : object.at("choices").as_array()) {
      const auto& c = choice.as_object();
      const auto* message = c.if_contains("delta") ? c.if_contains("delta") : c.if_contains("message");
      if (message)
        for (const char* name : {"content", "reasoning_content"})
          if (const auto* content = message->as_object().if_contains(name); content && content->is_string())
            tokens += !content->get_string().empty();
      if (const auto* reason = c.if_contains("finish_reason"); reason && reason->is_string())
        finish_reason = reason->get_string();
    }
    if (const auto* u = object.if_contains("usage"); u && u->is_object())
      usage = u->as_object().at("completion_tokens").to_number<std::uint64_t>();
  }
};

/// Takes a stream of events apart, whatever the pieces that it comes in.
class event_stream {
public:
  fields seen;
  bool done = false;

  void add(std::string_view piece) {
    if (!rest_.empty()) {
      rest_.append(piece);
      const auto taken = take(rest_);
      rest_.erase(0, taken);
      return;
    }
    const auto taken = take(piece);
    rest_.assign(piece.substr(taken));
  }

private:
  std::size_t take(std::string_view text) {
    std::size_t taken = 0;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', taken)) {
      const auto line = text.substr(taken, end - taken);
      taken = end + 1;
      if (!line.starts_with("data: "))
        continue;
      if (line == "data: [DONE]")
        done = true;
      else
        seen.add(line.substr(6));
    }
    return taken;
  }

  std::string rest_;
};

} // namespace compare
