// What a simulated provider is and how it behaves.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/time.hpp>

#include "sim/batches/batch_settings.hpp"
#include "sim/faults/fault.hpp"
#include "sim/load/capacity.hpp"

namespace weir::inline v0::sim {

/// Settings of a server. A request overrides some of them with its headers:
/// `x-events` (tokens), `x-interval` (gap), `x-first` (first token), `x-fault` (faults),
/// `x-job` (how long a job takes: a time, or a number of polls).
class settings {
public:
  settings() = default;

  std::string address = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: any free one.
  bool tls = true;
  duration first_token{}; ///< From the request to the first token of a stream, or to a non-streamed response.
  duration gap{};         ///< Between tokens; 0 sends as fast as the peer reads.
  duration job = std::chrono::seconds(1); ///< How long a job takes, such as a video.
  batch_settings batches;
  sim::capacity capacity;
  /// How many tokens an answer has; empty: as many as its text.
  std::optional<std::uint64_t> tokens;
  /// Empty: any key is accepted, or none.
  std::string key;
  std::vector<fault_rule> faults;
  std::uint64_t seed = 1; ///< For the random numbers that decide on faults with a rate.

  /// Called on the server's thread when a response was sent to its end, with its id (`x-request-id`).
  std::function<void(const std::string& request_id, int status)> on_completed;

  std::size_t max_head = 64u << 10;
  std::size_t max_body = 272u << 20; ///< Batches are uploaded whole: 256 MB at Anthropic.
  /// An idle connection, a handshake, a request or a write that takes longer is closed.
  duration idle_limit = std::chrono::minutes(2);
  std::size_t max_connections = 20'000;
};

} // namespace weir::inline v0::sim
