// What the simulated models' protocols share: the answer before it is encoded, and its stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/answer/text.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

class scripted {
public:
  scripted(piece kind, std::string text) : kind(kind), text(std::move(text)) {}
  piece kind;
  std::string text;
};

/// Fixed events, then the same event around each token, then fixed events. The text around a token is built once: a
/// token costs three copies.
class token_source final : public event_source {
public:
  token_source(answer_text text, std::uint64_t tokens) : text_(std::move(text)), tokens_(tokens) {}

  std::vector<scripted> before;
  std::vector<std::string> prefixes; ///< One per choice.
  std::vector<std::string> again;    ///< Each of these, and the token once more.
  std::string numbering;             ///< If not empty: this and the number of the event.
  std::uint64_t number = 0;          ///< Of the first token's event.
  std::string suffix;
  std::vector<scripted> after;

  piece next(std::string& event) override;

private:
  answer_text text_;
  std::uint64_t tokens_;
  std::uint64_t token_ = 0;
  std::size_t choice_ = 0;
  std::string escaped_;
  std::size_t before_ = 0;
  std::size_t after_ = 0;
};

/// The text of a message's content: a string, or the text parts of a list.
std::string text_of(const codec::json::value& message, std::string_view key = "content");
codec::json::object one(std::string_view key, codec::json::value value);

/// A call that an answer makes instead of giving text.
class called {
public:
  called() = default;
  std::string id, name, arguments;
};

/// What a request wants of an answer, whatever its dialect.
/// Object lifetimes: refers to the request's body.
class wanted {
public:
  explicit wanted(std::string prompt) : prompt(std::move(prompt)) {}

  /// Adds the stop sequences of a member: a string, or a list of them.
  void stop_at(const codec::json::value& body, std::string_view key);

  std::string prompt;
  std::optional<std::uint64_t> limit; ///< Tokens.
  std::vector<std::string> stops;
  bool keeps_stop = false; ///< The text ends with the stop sequence.
  bool as_json = false;
  bool may_reason = true;
  const codec::json::value* schema = nullptr; ///< Of the JSON, if it has one.
  const codec::json::value* tool = nullptr;   ///< What it calls: tool_offer::pick().
  std::string_view schema_key = "parameters";
};

/// One answer, before a dialect encodes it.
class said {
public:
  said(const ask& a, const wanted& w);

  std::uint64_t answer_tokens() const noexcept { return size.tokens + reasoning; }
  std::string whole() const { return text.text(size.tokens); }
  std::string thoughts() const { return answer_text("").text(reasoning); }
  /// A stream of the text; the dialect supplies before, after and the rest.
  std::unique_ptr<token_source> stream() const;

  std::string model;
  std::uint64_t serial;
  std::int64_t created;
  answer_text text;
  extent size;
  std::uint64_t reasoning;
  std::uint64_t prompt_tokens;
  cache_counts cached;
  std::optional<std::string> stopped; ///< By this stop sequence.
  std::optional<called> call;
};

/// `event: TYPE`, if the object has a type, and its data.
std::string typed_event(const codec::json::object& o);

} // namespace weir::inline v0::sim
