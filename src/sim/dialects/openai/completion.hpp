// What OpenAI's chat and text completions share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/answer/script.hpp"

namespace weir::inline v0::sim {

/// The objects around an answer: ids, choices, usage.
class completion {
public:
  /// \param prefix of the id. \param object the kind of object that a stream's events have.
  completion(const ask& a, const wanted& w, std::string_view prefix, std::string object);

  std::string_view finish() const { return it.call ? "tool_calls" : it.size.limited ? "length" : "stop"; }
  codec::json::object usage() const;
  /// An object with the members before `choices`.
  codec::json::object head(std::string_view kind) const;

  /// `data: {…,"choices":[` and what closes it.
  std::string opening() const;
  std::string closing() const { return usage_wanted ? "],\"usage\":null}\n\n" : "]}\n\n"; }
  std::string event(const codec::json::value& choice) const { return opening() + codec::to_text(choice) + closing(); }
  /// What follows the choices' last events.
  void add_end(std::vector<scripted>& after) const;

  said it;
  std::string id, object;
  std::uint64_t choices;
  bool usage_wanted = false;
};

/// The request's limit, under its new name or its old one.
std::optional<std::uint64_t> token_limit(const codec::json::value& body);
/// What is wrong with a request's `stop`, `n` or number of log probabilities; empty if nothing.
std::string complaint_about(const codec::json::value& body);

/// The log probabilities that a chat requests. Their numbers are invented.
class chat_logprobs {
public:
  explicit chat_logprobs(const codec::json::value& body);

  bool wanted = false;
  std::uint64_t alternatives = 0;

  /// `{"content": […]}` of these tokens, or null if none are wanted.
  codec::json::value of(const answer_text& text, std::uint64_t tokens) const;
  /// Lets each event of a stream have those of its token, between two texts that follow the token.
  void stream(token_source& source, std::string before, std::string after) const;
};

} // namespace weir::inline v0::sim
