// The tools that a request offers, and the one that the simulated model calls.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.hpp"

namespace weir::inline v0::sim {

enum class calling {
  never,
  if_mentioned, ///< If the prompt mentions the name of a tool, or the word "tool": that tool, or else the first.
  always,       ///< The tool that is mentioned, or else the first.
};

/// Object lifetimes: refers to the request's body.
class tool_offer {
public:
  tool_offer() = default;
  /// \param schema_key the member of a tool that has the schema of its arguments.
  explicit tool_offer(std::string_view schema_key) : schema_key(schema_key) {}

  std::vector<const codec::json::value*> tools; ///< Each an object with a `name`.
  std::string_view schema_key = "parameters";
  calling when = calling::if_mentioned;
  std::optional<std::string> only; ///< The only tool that may be called.

  /// Adds the tools of `list` that have a name: the objects themselves, or their member `inside`.
  void add(const codec::json::array* list, std::string_view inside = {});
  /// Why the offer cannot be taken: a tool is demanded that is not there. Empty if it can.
  std::string complaint() const;
  /// The tool to call; nullptr: none.
  /// \param answers_user the last message is the user's own, not a tool's result.
  const codec::json::value* pick(std::string_view prompt, bool answers_user) const;
};

/// Sets what OpenAI's `tool_choice` says: `none`, `auto`, `required`, or an object with a function's name, which is a
/// member of `function`, or of the object itself. \returns what is wrong with it; empty if nothing.
std::string read_tool_choice(tool_offer& offer, const codec::json::value& body);

} // namespace weir::inline v0::sim
