// The prompt cache of the simulated provider.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "core/bounded_cache.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

/// Remembers prefixes of at least 1,024 tokens (here: words), by their hashes, in bounded number. Thread safety: none.
class prompt_memory {
public:
  using wall_time = std::chrono::system_clock::time_point;

  /// As Anthropic: what is marked is written, and what was written is read, for five minutes or an hour.
  cache_counts read_marked(const codec::json::value& body, std::string_view scope, wall_time now);
  /// As OpenAI: prefixes of whole messages are kept unasked for five minutes, and read in steps of 128 tokens.
  cache_counts read_unmarked(const codec::json::value& body, std::string_view scope, wall_time now);

private:
  class kept {
  public:
    kept() = default;
    wall_time until{};
    std::chrono::minutes life{};
  };
  bool knows(std::uint64_t prefix, wall_time now);
  void keep(std::uint64_t prefix, std::chrono::minutes life, wall_time now);

  bounded_cache<std::uint64_t, kept> all_{4096};
};

} // namespace weir::inline v0::sim
