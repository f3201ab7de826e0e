// What happens to one call, all of it drawn from a seed: the server's responses, and how the caller ends it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::inline v0::adversary {

class slice {
public:
  slice(std::string bytes, std::chrono::milliseconds before) : bytes(std::move(bytes)), before(before) {}
  std::string bytes;
  std::chrono::milliseconds before;
};

/// The response to one request of a call.
class step {
public:
  enum class then { keep, close, reset, hold };
  explicit step(std::string match) : match(std::move(match)) {}
  std::string match; ///< How the request's first line begins.
  std::vector<slice> slices;
  then after = then::keep;
};

/// The clients' options beside the defaults, the same for calls of neighbouring seeds.
enum class layers { few, hedged, limited, guarded };

/// Both sides make the same plan from the same seed: the caller to know the truth, the server to corrupt it.
class plan {
public:
  enum class ending { none, drop, within, nested, sibling };

  /// `url`: the server's.
  plan(std::uint64_t seed, const std::string& url);

  /// Some of its responses never end, or may not.
  bool impatient() const;

  std::uint64_t seed;
  /// A provider of chat, or "completions" or "tgi"; or "embeddings", "image", "speech", "job", "hub".
  std::string dialect;
  bool streamed = true;
  layers with = layers::few;
  bool hasty = false;      ///< Made by the client of impatient calls, on connections that those have used.
  std::string truth;       ///< The text of the complete answer.
  bool intact = true;      ///< No byte of the answer itself was changed.
  bool cut = false;        ///< It is truncated.
  std::vector<step> steps; ///< The first that matches a request is played.

  ending how = ending::none;
  std::size_t drop_after = 0; ///< Events.
  std::chrono::milliseconds limit{};

  /// What was done to the answer, for the report.
  std::string story;
};

/// The marker in the path or body of each request of the call, by which the server finds the plan.
std::string prompt_of(std::uint64_t seed);

} // namespace weir::inline v0::adversary
