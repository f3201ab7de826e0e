// What a server has observed, for checks that nothing leaks.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::inline v0::sim {

/// Thread safety: safe.
class counters {
public:
  counters() = default;

  using number = std::atomic<std::uint64_t>;
  number connections_accepted = 0;
  number connections_open = 0;
  number handshakes_failed = 0;
  number requests = 0;          ///< Read to their end, whatever the response.
  number answers_completed = 0; ///< Sent to their end.
  number streams_open = 0;      ///< Event streams being sent.
  number batches_created = 0;
  number lines_answered = 0;    ///< Of batches, well or not.
  number cancelled_by_peer = 0; ///< The peer disconnected before its response was complete.
};

/// Counts as long as it lives, even if a coroutine is destroyed while it waits.
class counted {
public:
  explicit counted(counters::number& n) : number_(n) { ++number_; }
  ~counted() { --number_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

private:
  counters::number& number_;
};

} // namespace weir::inline v0::sim
